//! AWS regions, without a request: the syntax of their names, their partition, the user's home region, and [`PLACES`].

use cloudhost_sdk::{Error, ErrorKind, Location, World, excerpt, setting};

/// Name of the credential in the manifest.
pub(crate) const CREDENTIAL: &str = "aws";

/// Name of the setting that gives the home region.
pub(crate) const HOME_REGION: &str = "home-region";

/// Home region of a user who has none, as in the manifest.
pub(crate) const HOME: &str = "us-east-1";

/// Settings in the form of the host.
pub(crate) type Settings = [(String, String)];

/// Returns the region to fetch first: the setting, else the region of the credential, else [`HOME`].
pub(crate) async fn home<W: World>(world: &W, settings: &Settings) -> Result<String, Error> {
    let home = match setting(settings, HOME_REGION) {
        Some(given) => given.to_owned(),
        None => {
            let facts = world.credential(CREDENTIAL).await;
            let region = facts.ok().and_then(|facts| facts.region);
            region.unwrap_or_else(|| HOME.to_owned())
        }
    };
    check(&home)?;
    Ok(home)
}

/// Checks a region name that the user gave.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    if is_name(name) {
        return Ok(());
    }
    let shown = excerpt(name.as_bytes());
    Err(Error::new(
        ErrorKind::InvalidArgument,
        format!("invalid region \"{shown}\": expected a name such as us-east-1"),
    ))
}

/// Checks the syntax of a region's name. Nothing else may pass: it becomes a part of a host name.
pub(crate) fn is_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&name.len())
        && name.chars().all(legal)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Returns the partition of a region: a part of AWS with separate accounts.
pub(crate) fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Returns the domain of the service endpoints in a region's partition.
pub(crate) fn domain(region: &str) -> &'static str {
    match partition(region) {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    }
}

/// Location of a region, and its name in price lists.
#[derive(Debug)]
pub(crate) struct Place {
    /// Name in requests.
    pub region: &'static str,
    /// Location name in price lists; `None` if the public price feed in USD has none (China is priced in CNY).
    pub listed_as: Option<&'static str>,
    /// Coordinates.
    pub location: Location,
}

/// Returns the entry of a region; `None` for one that is newer than this plugin.
pub(crate) fn place(region: &str) -> Option<&'static Place> {
    PLACES.iter().find(|place| place.region == region)
}

const fn at(region: &'static str, listed_as: &'static str, latitude: i32, longitude: i32) -> Place {
    Place {
        region,
        listed_as: Some(listed_as),
        location: Location {
            latitude,
            longitude,
        },
    }
}

const fn unlisted(region: &'static str, latitude: i32, longitude: i32) -> Place {
    Place {
        listed_as: None,
        ..at(region, "", latitude, longitude)
    }
}

/// The regions of AWS at the time of writing.
///
/// Location names are those of the price list, which still has `EU (..)` for the older European regions; the console
/// has `Europe (..)`.
///
/// AWS does not publish the locations of its data centres. Coordinates are GeoNames' of the city that the region is
/// named after; for a region that is named after a state or country, of the city in the comment, near which its data
/// centres reportedly are. They are precise enough to compare distances to regions, and not meant for more.
#[rustfmt::skip]
pub(crate) static PLACES: [Place; 38] = [
    at("af-south-1", "Africa (Cape Town)", -33_925_840, 18_423_220),
    at("ap-east-1", "Asia Pacific (Hong Kong)", 22_278_320, 114_174_690),
    at("ap-east-2", "Asia Pacific (Taipei)", 25_053_060, 121_526_390),
    at("ap-northeast-1", "Asia Pacific (Tokyo)", 35_689_500, 139_691_710),
    at("ap-northeast-2", "Asia Pacific (Seoul)", 37_566_000, 126_978_400),
    at("ap-northeast-3", "Asia Pacific (Osaka)", 34_693_790, 135_501_070),
    at("ap-south-1", "Asia Pacific (Mumbai)", 19_072_830, 72_882_610),
    at("ap-south-2", "Asia Pacific (Hyderabad)", 17_384_050, 78_456_360),
    at("ap-southeast-1", "Asia Pacific (Singapore)", 1_289_670, 103_850_070),
    at("ap-southeast-2", "Asia Pacific (Sydney)", -33_867_850, 151_207_320),
    at("ap-southeast-3", "Asia Pacific (Jakarta)", -6_214_620, 106_845_130),
    at("ap-southeast-4", "Asia Pacific (Melbourne)", -37_814_000, 144_963_320),
    at("ap-southeast-5", "Asia Pacific (Malaysia)", 3_141_200, 101_686_530), // Kuala Lumpur
    at("ap-southeast-6", "Asia Pacific (New Zealand)", -36_848_530, 174_763_490), // Auckland
    at("ap-southeast-7", "Asia Pacific (Thailand)", 13_753_980, 100_501_440), // Bangkok
    at("ca-central-1", "Canada (Central)", 45_508_840, -73_587_810), // Montreal
    at("ca-west-1", "Canada West (Calgary)", 51_050_110, -114_085_290),
    unlisted("cn-north-1", 39_907_500, 116_397_230), // Beijing
    unlisted("cn-northwest-1", 37_511_290, 105_190_670), // Zhongwei, Ningxia
    at("eu-central-1", "EU (Frankfurt)", 50_115_520, 8_684_170),
    at("eu-central-2", "Europe (Zurich)", 47_366_670, 8_550_000),
    at("eu-north-1", "EU (Stockholm)", 59_329_380, 18_068_710),
    at("eu-south-1", "EU (Milan)", 45_464_270, 9_189_510),
    at("eu-south-2", "Europe (Spain)", 41_656_060, -877_340), // Zaragoza
    at("eu-west-1", "EU (Ireland)", 53_333_060, -6_248_890), // Dublin
    at("eu-west-2", "EU (London)", 51_508_530, -125_740),
    at("eu-west-3", "EU (Paris)", 48_853_410, 2_348_800),
    at("il-central-1", "Israel (Tel Aviv)", 32_080_880, 34_780_570),
    at("me-central-1", "Middle East (UAE)", 25_077_250, 55_309_270), // Dubai
    at("me-south-1", "Middle East (Bahrain)", 26_227_870, 50_585_650), // Manama
    at("mx-central-1", "Mexico (Central)", 20_588_060, -100_388_060), // Queretaro
    at("sa-east-1", "South America (Sao Paulo)", -23_547_500, -46_636_110),
    at("us-east-1", "US East (N. Virginia)", 39_043_720, -77_487_490), // Ashburn
    at("us-east-2", "US East (Ohio)", 39_961_180, -82_998_790), // Columbus
    at("us-gov-east-1", "AWS GovCloud (US-East)", 39_961_180, -82_998_790), // Columbus, Ohio
    at("us-gov-west-1", "AWS GovCloud (US-West)", 45_840_410, -119_289_460), // Hermiston, Oregon
    at("us-west-1", "US West (N. California)", 37_339_390, -121_894_960), // San Jose
    at("us-west-2", "US West (Oregon)", 45_840_410, -119_289_460), // Hermiston
];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::collections::BTreeSet;

    #[rstest]
    #[case("us-east-1", true)]
    #[case("", false)]
    #[case("evil.example.com/", false)]
    #[case("US-EAST-1", false)]
    #[case("-a", false)]
    #[case("a@b", false)]
    fn names(#[case] name: &str, #[case] is: bool) {
        assert_eq!(is_name(name), is);
        assert_eq!(check(name).is_ok(), is);
    }

    #[test]
    fn home_is_that_of_the_manifest() {
        let line = format!("\nhome-region = \"{HOME}\"\n");
        assert!(include_str!("../manifest.toml").contains(&line));
    }

    #[test]
    fn places_are_regions_once_each_and_on_earth() {
        let regions: BTreeSet<&str> = PLACES.iter().map(|p| p.region).collect();
        let lists: BTreeSet<&str> = PLACES.iter().filter_map(|p| p.listed_as).collect();
        assert_eq!(regions.len(), PLACES.len());
        assert_eq!(lists.len(), PLACES.len() - 2);
        for place in &PLACES {
            assert!(is_name(place.region), "{}", place.region);
            assert_eq!(
                place.listed_as.is_none(),
                partition(place.region) == "aws-cn"
            );
            assert!((-90_000_000..=90_000_000).contains(&place.location.latitude));
            assert!((-180_000_000..=180_000_000).contains(&place.location.longitude));
        }
    }

    /// Compares longitudes with the order known from the names: a lost sign would fail.
    #[rstest]
    #[case("us-west-2", "us-east-1")]
    #[case("sa-east-1", "af-south-1")]
    #[case("ca-west-1", "ca-central-1")]
    #[case("eu-west-1", "eu-west-2")]
    #[case("eu-west-2", "eu-central-1")]
    #[case("ap-south-1", "ap-southeast-1")]
    #[case("ap-southeast-1", "ap-northeast-1")]
    fn west_is_west(#[case] west: &str, #[case] east: &str) {
        let longitude = |name| place(name).unwrap().location.longitude;
        assert!(longitude(west) < longitude(east));
    }

    #[rstest]
    #[case("sa-east-1", true)]
    #[case("af-south-1", true)]
    #[case("ap-southeast-2", true)]
    #[case("ap-southeast-1", false)]
    #[case("eu-south-1", false)]
    fn south_is_south(#[case] region: &str, #[case] southern: bool) {
        assert_eq!(place(region).unwrap().location.latitude < 0, southern);
    }
}
