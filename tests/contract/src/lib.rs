//! A plugin that uses all of contract 0.2: every import, every export, every case and field of its types.
//!
//! `kept/VERSION.wasm` is this crate as compiled for that version of the contract. It is never compiled again: a test
//! runs it with every later host. For a new minor version of the contract, add its additions here and store the new
//! component beside the old ones:
//!
//! ```text
//! crates=$(echo "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*)
//! RUSTFLAGS="--remap-path-prefix=$crates=crates --remap-path-prefix=$PWD=." \
//!     cargo build --profile plugin --target wasm32-wasip2 -p cloudhost-contract-fixture
//! cp target/wasm32-wasip2/plugin/cloudhost_contract_fixture.wasm tests/contract/kept/VERSION.wasm
//! CLOUDHOST_KEEP=1 cargo test --release --workspace --test cloudhost contract
//! ```
//!
//! The flags remove your machine's paths from it. The last line stores the component's results, and the contract
//! without its comments, beside it.

mod account;
mod changes;
mod clusters;
mod menus;
mod records;
mod storage;

use cloudhost_sdk::http::{Method, Request, Response};
use cloudhost_sdk::kconfig::{Catalog, Dialect, File};
use cloudhost_sdk::{
    Account, Amount, Billing, Bundle, Charge, DataKind, Description, Error, ErrorKind, Freshness,
    Identity, Level, Listing, Money, Period, Provider, Query, Scope, Setting, World, join_all, log,
};

/// The provider.
pub struct Fixture;

const HERE: &str = "https://api.fixture.test";

impl Provider for Fixture {
    fn describe() -> Description {
        Description {
            title: "Fixture of the contract".to_owned(),
            settings: vec![Setting {
                name: "fail".to_owned(),
                help: "The kind of error to fail with.".to_owned(),
                default: None,
            }],
            freshness: vec![Freshness {
                kind: DataKind::Capacity,
                seconds: 900,
            }],
            menus: vec![DataKind::Regions, DataKind::InstanceTypes, DataKind::Offers],
        }
    }

    async fn fetch<W: World>(world: &W, query: Query) -> Result<Listing, Error> {
        if query.settings.iter().any(|(name, _)| name == "fail") {
            return Err(Error {
                advice: Some("ask for more".to_owned()),
                kind: ErrorKind::QuotaExceeded,
                scope: Scope::Zone("eu-west-1a".to_owned()),
                code: Some("TooMany".to_owned()),
                message: "as was asked for".to_owned(),
                request_id: Some("r-1".to_owned()),
                retry_after_ms: Some(1_000),
            });
        }
        for level in [Level::Error, Level::Warn, Level::Info, Level::Debug] {
            log(level, "a line of the fixture");
        }
        let texts = join_all(requests().map(|(name, request)| async move {
            let response = request.send(world).await.map(seen);
            format!("{name} {}", response.unwrap_or_else(|error| error.message))
        }))
        .await;
        let facts = world.credential("fixture").await.map_err(Error::internal)?;
        let known = format!("fixture configured {}", facts.configured);
        Ok(records::listing([texts, vec![known]].concat()))
    }

    fn bundled() -> Option<Bundle> {
        Some(Bundle {
            listing: records::listing(vec!["bundled".to_owned()]),
            fetched_at: 1_793_232_000,
            source: "the fixture itself".to_owned(),
        })
    }

    fn emit_kconfig(catalog: Catalog, dialect: Dialect) -> Result<Vec<File>, Error> {
        Ok(menus::files(&catalog, dialect))
    }
}

impl Identity for Fixture {
    async fn whoami<W: World>(world: &W) -> Result<Account, Error> {
        Request::get(format!("{HERE}/me"))
            .bearer("fixture")
            .send(world)
            .await?
            .ok("the account")?;
        Ok(Account {
            id: Some("42".to_owned()),
            principal: Some("user/fixture".to_owned()),
        })
    }
}

impl Billing for Fixture {
    fn request_cost() -> Option<Money> {
        Some(Money {
            nanos: 10_000_000,
            currency: "USD".to_owned(),
        })
    }

    async fn bill<W: World>(_world: &W, _period: Period) -> Result<Vec<Charge>, Error> {
        let charge = |service: &str, nanos, estimated| Charge {
            service: service.to_owned(),
            amount: Amount {
                nanos,
                currency: "USD".to_owned(),
            },
            estimated,
        };
        Ok(vec![
            charge("Machines", 2_500_000_000, true),
            charge("Refund", -500_000_000, false),
        ])
    }
}

/// Returns GET and POST requests with each kind of authentication, two denied ones, and one for a missing path.
fn requests() -> impl Iterator<Item = (&'static str, Request)> {
    [
        ("get", Request::get(format!("{HERE}/get")).query("q", "a b")),
        (
            "bearer",
            Request::get(format!("{HERE}/bearer")).bearer("fixture"),
        ),
        ("basic", Request::get(format!("{HERE}/basic")).basic("user")),
        (
            "header",
            Request::get(format!("{HERE}/header")).auth_header("x-auth-token", "key"),
        ),
        (
            "query",
            Request::get(format!("{HERE}/query")).auth_query("key", "param"),
        ),
        (
            "sigv4",
            Request::post("https://ec2.eu-west-1.amazonaws.com/")
                .sigv4("aws", "ec2", "eu-west-1")
                .form([("Action", "DescribeNothing")]),
        ),
        (
            "post",
            Request::post(format!("{HERE}/post"))
                .header("x-fixture", "yes")
                .body("text/plain", b"body".to_vec()),
        ),
        (
            "change",
            Request::new(Method::Delete, format!("{HERE}/change")),
        ),
        ("denied", Request::get("https://elsewhere.test/")),
        ("absent", Request::get(format!("{HERE}/absent"))),
    ]
    .into_iter()
}

/// Formats a response: status, content type and body.
fn seen(response: Response) -> String {
    let kind = response.header("content-type").unwrap_or("none");
    let body = String::from_utf8_lossy(&response.body);
    format!("{} {kind} {body}", response.status)
}

cloudhost_sdk::plugin!(
    Fixture,
    manifest = "../manifest.toml",
    identity,
    billing,
    operations,
    instances,
    storage,
    clusters,
    node_pools,
    account,
    capacity_on_request
);
