use super::*;
use cloudhost_sdk::http::{Auth, HttpError, HttpErrorKind, Request, Response};
use cloudhost_sdk::{ErrorKind, Facts};
use futures::FutureExt;
use rstest::rstest;
use std::cell::RefCell;

/// One request as tests look at it.
#[derive(Clone, Debug)]
struct Asked {
    region: String,
    url: String,
    params: Vec<(String, String)>,
}

impl Asked {
    fn get(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
    fn action(&self) -> &str {
        self.get("Action").unwrap()
    }
    fn by(&self) -> &str {
        self.get("LocationType").unwrap_or_default()
    }
    fn names(&self) -> Vec<&str> {
        let names = self
            .params
            .iter()
            .filter(|(key, _)| key.starts_with("InstanceType."));
        names.map(|(_, value)| value.as_str()).collect()
    }
}

type Answer = Result<(u16, String), HttpErrorKind>;

/// A small cloud, but for what `special` answers.
struct Cloud<F> {
    special: F,
    asked: RefCell<Vec<Asked>>,
}

impl<F: Fn(&Asked) -> Option<Answer>> World for Cloud<F> {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        let Auth::Sigv4(auth) = &request.auth else {
            panic!("not signed")
        };
        assert!(request.read_only);
        let body = String::from_utf8(request.body.clone().unwrap()).unwrap();
        let decode = |text: &str| {
            text.replace("%2A", "*")
                .replace("%2F", "/")
                .replace("%20", " ")
                .replace("%3D", "=")
        };
        let pair = |pair: &str| {
            pair.split_once('=')
                .map(|(k, v)| (decode(k), decode(v)))
                .unwrap()
        };
        let asked = Asked {
            region: auth.region.clone(),
            url: request.url.clone(),
            params: body.split('&').map(pair).collect(),
        };
        self.asked.borrow_mut().push(asked.clone());
        let (status, body) = (self.special)(&asked)
            .unwrap_or_else(|| Ok((200, usual(&asked))))
            .map_err(|kind| HttpError {
                kind,
                message: "no answer".into(),
            })?;
        Ok(Response {
            status,
            headers: vec![],
            body: body.into_bytes(),
        })
    }

    async fn credential(&self, name: &str) -> Result<Facts, String> {
        assert_eq!(name, "aws");
        let region = Some("r-1".to_owned());
        Ok(Facts {
            configured: true,
            source: None,
            account: None,
            region,
        })
    }
}

/// Three regions: `r-1` (home) and `r-2`, and `r-3` that is not opted in. Only `r-2` has `b.two`.
fn usual(asked: &Asked) -> String {
    let region = &asked.region;
    let both = ["a.one", "a.two"];
    let inner = match asked.action() {
        "DescribeRegions" => [("r-2", "opted-in"), ("r-1", "opt-in-not-required"), ("r-3", "not-opted-in")]
            .map(|(name, status)| format!("<item><optInStatus>{status}</optInStatus><regionName>{name}</regionName></item>"))
            .concat(),
        "DescribeAvailabilityZones" => ["b", "a", "-lax-1a"]
            .map(|zone| {
                let kind = if zone.len() == 1 { "availability-zone" } else { "local-zone" };
                format!("<item><regionName>{region}</regionName><zoneName>{region}{zone}</zoneName><zoneId>id-{zone}</zoneId><zoneType>{kind}</zoneType></item>")
            })
            .concat(),
        "DescribeInstanceTypeOfferings" => {
            let places = match asked.by() {
                "region" => vec![region.clone()],
                _ => vec![format!("{region}a"), format!("{region}b"), format!("{region}-lax-1a")],
            };
            let mut names = both.to_vec();
            names.extend((region == "r-2").then_some("b.two"));
            let rows = places.iter().flat_map(|place| names.iter().map(move |name| (place, name)));
            // Zone b has no `a.two`.
            let rows = rows.filter(|(place, name)| !(place.ends_with('b') && **name == "a.two"));
            rows.map(|(place, name)| format!("<item><instanceType>{name}</instanceType><location>{place}</location></item>"))
                .collect()
        }
        "DescribeInstanceTypes" => types(&asked.names()),
        "DescribeImages" if asked.get("Owner.1") == Some("136693071363") => [
            ("ami-1", "debian-12-amd64-20240101-1", "2024-01-01T00:00:00.000Z"),
            ("ami-2", "debian-12-amd64-20240301-1", "2024-03-01T00:00:00.000Z"),
            ("ami-3", "debian-12-backports-amd64-20240401-1", "2024-04-01T00:00:00.000Z"),
        ]
        .map(|(id, name, at)| format!("<item><imageId>{id}</imageId><name>{name}</name><creationDate>{at}</creationDate><architecture>x86_64</architecture><tagSet><item><key>name</key></item></tagSet></item>"))
        .concat(),
        "DescribeImages" => String::new(),
        other => panic!("{other}"),
    };
    answer(asked, &inner, None)
}

fn types(names: &[&str]) -> String {
    let one = |name: &&str| {
        format!(
            "<item><instanceType>{name}</instanceType><vCpuInfo><defaultVCpus>2</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>1024</sizeInMiB></memoryInfo></item>"
        )
    };
    names.iter().map(one).collect()
}

fn answer(asked: &Asked, inner: &str, token: Option<&str>) -> String {
    let set = match asked.action() {
        "DescribeRegions" => "regionInfo",
        "DescribeAvailabilityZones" => "availabilityZoneInfo",
        "DescribeInstanceTypeOfferings" => "instanceTypeOfferingSet",
        "DescribeInstanceTypes" => "instanceTypeSet",
        _ => "imagesSet",
    };
    let action = asked.action();
    let token = token
        .map(|token| format!("<nextToken>{token}</nextToken>"))
        .unwrap_or_default();
    format!("<{action}Response><{set}>{inner}</{set}>{token}</{action}Response>")
}

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Ok((
        status,
        format!("<Response><Errors>{error}</Errors><RequestID>q</RequestID></Response>"),
    ))
}

const ALL: [DataKind; 4] = [
    DataKind::Regions,
    DataKind::InstanceTypes,
    DataKind::Offers,
    DataKind::Images,
];

fn run(
    wanted: &[DataKind],
    special: impl Fn(&Asked) -> Option<Answer>,
) -> (Result<Listing, Error>, Vec<Asked>) {
    let cloud = Cloud {
        special,
        asked: RefCell::default(),
    };
    let query = Query {
        wanted: wanted.to_vec(),
        settings: vec![],
    };
    let result = fetch(&cloud, &query).now_or_never().unwrap();
    (result, cloud.asked.into_inner())
}

fn type_names(listing: &Listing) -> Vec<&str> {
    let mut names: Vec<&str> = listing
        .instance_types
        .iter()
        .flatten()
        .map(|t| t.name.as_str())
        .collect();
    names.sort_unstable();
    names
}

fn gaps(listing: &Listing) -> Vec<(DataKind, &Scope)> {
    listing
        .missing
        .iter()
        .map(|gap| (gap.kind, &gap.error.scope))
        .collect()
}

#[test]
fn a_whole_catalog_asks_each_question_once() {
    let (listing, asked) = run(&ALL, |_| None);
    let listing = listing.unwrap();
    let regions = listing.regions.clone().unwrap();
    assert_eq!(
        regions.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(),
        ["r-1", "r-2"]
    );
    let zones = [("r-1a", "id-a"), ("r-1b", "id-b")];
    let got: Vec<_> = regions[0]
        .zones
        .iter()
        .map(|z| (z.name.as_str(), z.id.as_deref().unwrap()))
        .collect();
    assert_eq!(got, zones);
    assert_eq!(type_names(&listing), ["a.one", "a.two", "b.two"]);
    assert_eq!(listing.missing, []);

    let offers = listing.offers.unwrap();
    assert_eq!(offers.len(), 5);
    let offer = |name: &str, region: &str| {
        offers
            .iter()
            .find(|o| o.instance_type == name && o.region == region)
            .unwrap()
    };
    assert_eq!(offer("a.one", "r-1").zones, ["r-1a", "r-1b"]);
    assert_eq!(offer("a.two", "r-2").zones, ["r-2a"]);
    assert_eq!(offer("b.two", "r-2").price, None);

    let images = listing.images.unwrap();
    assert_eq!(images.len(), 1);
    assert_eq!(
        (images[0].id.as_str(), images[0].release.as_str()),
        ("ami-2", "12")
    );
    assert_eq!(
        (images[0].name_glob.as_str(), images[0].created),
        ("debian-12-amd64-*", Some(1_709_251_200))
    );

    let slices: Vec<_> = asked
        .iter()
        .filter(|a| a.action() == "DescribeInstanceTypes")
        .collect();
    assert_eq!(
        slices
            .iter()
            .map(|a| (a.region.as_str(), a.names()))
            .collect::<Vec<_>>(),
        [("r-1", vec!["a.one", "a.two"]), ("r-2", vec!["b.two"]),]
    );
    assert_eq!(asked.len(), 1 + 2 * 3 + 11 + 2);
    assert!(asked.iter().all(|a| a.region != "r-3"));
}

#[rstest]
#[case(&[DataKind::Images], &["DescribeImages"], 11)]
#[case(&[DataKind::Regions], &["DescribeAvailabilityZones", "DescribeRegions"], 3)]
#[case(&[DataKind::Offers], &["DescribeInstanceTypeOfferings", "DescribeRegions"], 5)]
#[case(&[DataKind::InstanceTypes], &["DescribeInstanceTypeOfferings", "DescribeInstanceTypes", "DescribeRegions"], 5)]
#[case(&[], &[], 0)]
fn only_what_is_wanted_is_asked(
    #[case] wanted: &[DataKind],
    #[case] actions: &[&str],
    #[case] requests: usize,
) {
    let (listing, asked) = run(wanted, |_| None);
    let mut seen: Vec<&str> = asked.iter().map(Asked::action).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((seen.as_slice(), asked.len()), (actions, requests));
    let listing = listing.unwrap();
    assert_eq!(
        listing.regions.is_some(),
        wanted.contains(&DataKind::Regions)
    );
    assert_eq!(listing.offers.is_some(), wanted.contains(&DataKind::Offers));
    assert_eq!(
        listing.instance_types.is_some(),
        wanted.contains(&DataKind::InstanceTypes)
    );
    assert_eq!(listing.images.is_some(), wanted.contains(&DataKind::Images));
}

#[rstest]
#[case("DescribeAvailabilityZones", "", vec![DataKind::Regions])]
#[case("DescribeInstanceTypeOfferings", "region", vec![DataKind::Offers])]
fn a_region_that_fails_is_left_out_with_a_gap(
    #[case] action: &str,
    #[case] by: &str,
    #[case] kinds: Vec<DataKind>,
) {
    let (listing, _) = run(&ALL, |a| {
        (a.region == "r-2" && a.action() == action && a.by() == by)
            .then_some(Err(HttpErrorKind::Timeout))
    });
    let listing = listing.unwrap();
    assert_eq!(listing.regions.as_ref().unwrap().len(), 1);
    assert!(
        listing
            .offers
            .as_ref()
            .unwrap()
            .iter()
            .all(|o| o.region == "r-1")
    );
    let r2 = Scope::Region("r-2".into());
    assert_eq!(
        gaps(&listing),
        kinds.into_iter().map(|k| (k, &r2)).collect::<Vec<_>>()
    );
    assert_eq!(listing.missing[0].error.kind, ErrorKind::Unavailable);
}

#[test]
fn zones_of_offers_can_be_unknown() {
    let (listing, _) = run(&ALL, |a| {
        (a.region == "r-2" && a.by() == "availability-zone").then(|| Ok((200, "<trunc".into())))
    });
    let listing = listing.unwrap();
    assert_eq!(listing.regions.as_ref().unwrap().len(), 2);
    assert_eq!(
        gaps(&listing),
        [(DataKind::Offers, &Scope::Region("r-2".into()))]
    );
    assert!(
        listing
            .offers
            .unwrap()
            .iter()
            .all(|o| o.zones.is_empty() == (o.region == "r-2"))
    );
}

#[rstest]
#[case("DescribeRegions", 401, "AuthFailure", ErrorKind::Unauthenticated)]
#[case(
    "DescribeRegions",
    403,
    "UnauthorizedOperation",
    ErrorKind::PermissionDenied
)]
#[case(
    "DescribeAvailabilityZones",
    503,
    "RequestLimitExceeded",
    ErrorKind::RateLimited
)]
#[case(
    "DescribeInstanceTypeOfferings",
    503,
    "Unavailable",
    ErrorKind::Unavailable
)]
#[case(
    "DescribeInstanceTypes",
    400,
    "RequestExpired",
    ErrorKind::Unauthenticated
)]
fn when_all_of_a_step_fails_so_does_the_fetch(
    #[case] action: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] kind: ErrorKind,
) {
    let (result, _) = run(&ALL, |a| {
        (a.action() == action).then(|| refusal(status, code, "said"))
    });
    let error = result.unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
    assert!(
        error.message.contains(action) && error.message.contains("said"),
        "{}",
        error.message
    );
    assert_eq!(error.request_id.as_deref(), Some("q"));
}

#[test]
fn where_offerings_are_denied_the_home_region_is_read_page_by_page() {
    let (listing, asked) = run(&ALL, |a| match (a.action(), a.get("NextToken")) {
        ("DescribeInstanceTypeOfferings", _) => Some(refusal(403, "UnauthorizedOperation", "no")),
        ("DescribeInstanceTypes", None) => {
            Some(Ok((200, answer(a, &types(&["a.one"]), Some("t1")))))
        }
        ("DescribeInstanceTypes", Some("t1")) => {
            Some(Ok((200, answer(a, &types(&["a.two"]), None))))
        }
        _ => None,
    });
    let listing = listing.unwrap();
    assert_eq!(type_names(&listing), ["a.one", "a.two"]);
    assert_eq!(listing.offers, None);
    assert_eq!(listing.regions.as_ref().unwrap().len(), 2);
    assert_eq!(
        gaps(&listing).last(),
        Some(&(DataKind::Offers, &Scope::Provider))
    );
    let pages: Vec<_> = asked
        .iter()
        .filter(|a| a.action() == "DescribeInstanceTypes")
        .collect();
    assert!(
        pages
            .iter()
            .all(|a| a.region == "r-1" && a.get("MaxResults") == Some("100"))
    );
}

#[test]
fn names_that_a_region_does_not_know_are_dropped_and_the_rest_asked_once_more() {
    let (listing, asked) = run(&ALL, |a| {
        (a.action() == "DescribeInstanceTypes" && a.names().contains(&"a.two")).then(|| {
            refusal(
                400,
                "InvalidInstanceType",
                "The following supplied instance types do not exist: [a.two]",
            )
        })
    });
    let listing = listing.unwrap();
    assert_eq!(type_names(&listing), ["a.one", "b.two"]);
    assert_eq!(
        gaps(&listing),
        [(DataKind::InstanceTypes, &Scope::Region("r-1".into()))]
    );
    assert!(listing.missing[0].error.message.contains("left out a.two"));
    assert_eq!(
        asked
            .iter()
            .filter(|a| a.action() == "DescribeInstanceTypes")
            .count(),
        3
    );
}

#[test]
fn a_type_that_the_answer_lacks_is_a_gap() {
    let (listing, _) = run(&ALL, |a| {
        (a.action() == "DescribeInstanceTypes" && a.region == "r-1")
            .then(|| Ok((200, answer(a, &types(&["a.one"]), None))))
    });
    let listing = listing.unwrap();
    assert!(
        listing.missing[0].error.message.contains("lacks a.two"),
        "{:?}",
        listing.missing
    );
}

#[test]
fn a_page_token_that_never_ends_is_named() {
    let (result, asked) = run(&[DataKind::Regions], |a| {
        (a.action() == "DescribeAvailabilityZones").then(|| Ok((200, answer(a, "", Some("again")))))
    });
    let error = result.unwrap_err();
    assert!(
        error.message.contains("\"again\"") && error.message.contains("r-1"),
        "{}",
        error.message
    );
    assert_eq!(asked.len(), 1 + 2 * 2);
}

#[test]
fn one_publisher_may_fail() {
    let owner = |a: &Asked| a.get("Owner.1") == Some("099720109477");
    let (listing, _) = run(&ALL, |a| {
        owner(a).then_some(Err(HttpErrorKind::BodyTooLarge))
    });
    let listing = listing.unwrap();
    assert_eq!(listing.images.as_ref().unwrap().len(), 1);
    assert_eq!(
        gaps(&listing),
        [(DataKind::Images, &Scope::Region("r-1".into()))]
    );
    assert!(
        listing.missing[0]
            .error
            .message
            .starts_with("images of Ubuntu")
    );
}

#[test]
fn no_publisher_leaves_images_unknown() {
    let images = |a: &Asked| a.action() == "DescribeImages";
    let (listing, _) = run(&ALL, |a| images(a).then_some(Err(HttpErrorKind::Timeout)));
    let listing = listing.unwrap();
    assert_eq!((listing.images, listing.missing.len()), (None, 11));
    let (result, _) = run(&[DataKind::Images], |a| {
        images(a).then_some(Err(HttpErrorKind::CredentialMissing))
    });
    assert_eq!(result.unwrap_err().kind, ErrorKind::Unauthenticated);
}

#[rstest]
#[case("cn-north-1", "https://ec2.cn-north-1.amazonaws.com.cn/", &["cn-north-1"])]
#[case("us-east-1", "https://ec2.us-east-1.amazonaws.com/", &["us-east-1", "eu-west-1"])]
fn a_home_region_reads_its_own_partition(
    #[case] home: &str,
    #[case] url: &str,
    #[case] regions: &[&str],
) {
    let cloud = Cloud {
        special: |a: &Asked| {
            let names = ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1"];
            (a.action() == "DescribeRegions").then(|| {
                Ok((
                    200,
                    answer(
                        a,
                        &names
                            .map(|n| format!("<item><regionName>{n}</regionName></item>"))
                            .concat(),
                        None,
                    ),
                ))
            })
        },
        asked: RefCell::default(),
    };
    let query = Query {
        wanted: vec![DataKind::Regions],
        settings: vec![("home-region".into(), home.into())],
    };
    let listing = fetch(&cloud, &query).now_or_never().unwrap().unwrap();
    let got: Vec<String> = listing
        .regions
        .unwrap()
        .into_iter()
        .map(|r| r.name)
        .collect();
    assert_eq!(got, regions);
    assert_eq!(cloud.asked.borrow()[0].url, url);
}

#[rstest]
#[case("evil.example.com/")]
#[case("")]
fn a_home_region_that_is_none_is_refused(#[case] home: &str) {
    let cloud = Cloud {
        special: |_: &Asked| None,
        asked: RefCell::default(),
    };
    let query = Query {
        wanted: ALL.to_vec(),
        settings: vec![("home-region".into(), home.into())],
    };
    let error = fetch(&cloud, &query).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgument);
    assert_eq!(cloud.asked.borrow().len(), 0);
}

#[test]
fn a_region_with_an_impossible_name_is_not_asked() {
    let (result, asked) = run(&ALL, |a| {
        (a.action() == "DescribeRegions").then(|| {
            Ok((
                200,
                answer(
                    a,
                    "<item><regionName>evil.example.com/</regionName></item>",
                    None,
                ),
            ))
        })
    });
    assert!(result.unwrap_err().message.contains("evil.example.com/"));
    assert!(
        asked
            .iter()
            .all(|a| a.url.starts_with("https://ec2.r-1.amazonaws.com/"))
    );
}

#[test]
fn few_regions_cover_all_types() {
    let sets: [(&str, &[usize]); 4] = [
        ("home", &[1, 2, 3]),
        ("small", &[3, 4]),
        ("big", &[4, 5, 6]),
        ("none", &[1, 2]),
    ];
    assert_eq!(
        slices::plan(&sets),
        [("home", vec![1, 2, 3]), ("big", vec![4, 5, 6])]
    );
    assert_eq!(slices::plan(&[("a", &[]), ("b", &[7])]), [("b", vec![7])]);
    assert_eq!(slices::plan(&[]), []);
}
