//! Tests of requests and results against a canned cloud.

mod failures;
mod whole;

use super::*;
use cloudhost_sdk::http::{Auth, HttpError, HttpErrorKind, Request, Response};
use cloudhost_sdk::{ErrorKind, Facts, Query};
use futures::FutureExt;
use std::cell::RefCell;

/// A request, parsed for tests.
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

/// A small cloud; `special` overrides its responses.
struct Cloud<'a> {
    special: &'a dyn Fn(&Asked) -> Option<Answer>,
    asked: RefCell<Vec<Asked>>,
}

impl World for Cloud<'_> {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        let [Auth::Sigv4(auth)] = request.auth.as_slice() else {
            panic!("not signed")
        };
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
            project: None,
            quota_project: None,
            subscription: None,
            tenant: None,
            organisation: None,
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
    ask(wanted, vec![], &special)
}

/// Same as `run`, with settings. It takes a reference to a function so that it is compiled once.
fn ask(
    wanted: &[DataKind],
    settings: Vec<(String, String)>,
    special: &dyn Fn(&Asked) -> Option<Answer>,
) -> (Result<Listing, Error>, Vec<Asked>) {
    let cloud = Cloud {
        special,
        asked: RefCell::default(),
    };
    let query = Query {
        wanted: wanted.to_vec(),
        settings,
    };
    let result = crate::fetch::fetch(&cloud, &query).now_or_never().unwrap();
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
