//! Runs the plugin natively against a server that stands in for EC2 and needs no signature, such as moto:
//! `record 127.0.0.1:5000 OUT SECONDS SOURCE` writes OUT/catalog.json.z and OUT/kconfig.json, and tells how long the
//! plugin's own work took.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing)]

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use cloudhost_plugin_aws::{Aws, bundle};
use cloudhost_sdk::http::{Auth, HttpError, Request, Response};
use cloudhost_sdk::kconfig::{Catalog, Dialect};
use cloudhost_sdk::{DataKind, Facts, Provider, Query, World};

struct Server {
    address: String,
    waited: Cell<Duration>,
    bytes: Cell<usize>,
}

impl World for Server {
    async fn fetch(&self, request: Request) -> Result<Response, HttpError> {
        let began = Instant::now();
        let Auth::Sigv4(auth) = &request.auth else {
            unreachable!()
        };
        let body = request.body.unwrap();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST / HTTP/1.0\r\nHost: ec2.{0}.amazonaws.com\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/{0}/ec2/aws4_request, SignedHeaders=host, Signature=0\r\n\
             Content-Length: {1}\r\n\r\n",
            auth.region,
            body.len()
        )
        .unwrap();
        stream.write_all(&body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let head = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let status = std::str::from_utf8(&answer[9..12])
            .unwrap()
            .parse()
            .unwrap();
        self.waited.set(self.waited.get() + began.elapsed());
        self.bytes.set(self.bytes.get() + answer.len());
        Ok(Response {
            status,
            headers: vec![],
            body: answer.split_off(head + 4),
        })
    }

    async fn credential(&self, _: &str) -> Result<Facts, String> {
        Ok(Facts {
            configured: true,
            source: None,
            account: None,
            region: None,
        })
    }
}

fn main() {
    let [address, out, at, source]: [String; 4] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let server = Server {
        address,
        waited: Cell::default(),
        bytes: Cell::default(),
    };
    let began = Instant::now();
    let query = Query {
        wanted: vec![
            DataKind::Regions,
            DataKind::InstanceTypes,
            DataKind::Offers,
            DataKind::Images,
        ],
        settings: vec![],
    };
    let listing = futures::executor::block_on(Aws::fetch(&server, query)).unwrap();
    let work = began.elapsed() - server.waited.get();
    println!("{} bytes of answers, own work {work:?}", server.bytes.get());
    for gap in &listing.missing {
        println!("missing {:?}: {}", gap.kind, gap.error.message);
    }
    let encoded = bundle::encode(listing, at.parse().unwrap(), &source).unwrap();
    let began = Instant::now();
    let listing = bundle::decode(&encoded).unwrap().listing;
    println!(
        "bundle {} bytes, decoded in {:?}",
        encoded.len(),
        began.elapsed()
    );
    let catalog = Catalog {
        regions: listing.regions.unwrap(),
        instance_types: listing.instance_types.unwrap(),
        offers: listing.offers.unwrap(),
        images: listing.images.unwrap(),
        ..Catalog::default()
    };
    println!(
        "{} regions, {} types, {} offers, {} images",
        catalog.regions.len(),
        catalog.instance_types.len(),
        catalog.offers.len(),
        catalog.images.len()
    );
    for (dialect, name) in [(Dialect::Kdevops, "kdevops"), (Dialect::Plain, "plain")] {
        let copy = catalog.clone();
        let began = Instant::now();
        let files = Aws::emit_kconfig(copy, dialect).unwrap();
        println!("{name}: {} files in {:?}", files.len(), began.elapsed());
        std::fs::write(
            format!("{out}/{name}.json"),
            serde_json::to_vec(&files).unwrap(),
        )
        .unwrap();
    }
    std::fs::write(format!("{out}/catalog.json.z"), encoded).unwrap();
}
