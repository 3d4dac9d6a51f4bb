//! A stand-in for AWS's price lists.
//!
//! No third-party emulator was found, so this proves less than moto does: that cloudhost reads the publicly documented
//! formats, not that AWS still writes them. The formats are those of recorded files and of programs that read the real
//! feeds:
//!
//! - The on-demand feed is as in a file of publication 2024-11-14, from the tests of an inventory of cloud servers.
//! - The spot feed is as spotinfo and infracost read it.
//! - `GetProducts` is as in recorded responses of AWS's own examples.
//!
//! Prices are made up, near those of us-east-1 in 2026. The stand-in responds by the `Host` of a request and forwards
//! other requests to another server.

use std::io::{self, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use crate::door::{ListenerGuard, Stop};
use crate::http::{self, Message};
use crate::lock;

mod lists;

const ON_DEMAND: &str = "b0.p.awsstatic.com";
const SPOT: &str = "website.spot.ec2.aws.a2z.com";
const PRODUCTS: &str = "api.pricing.us-east-1.amazonaws.com";

/// The stand-in on loopback, with one thread per connection. Dropping it stops the server.
#[derive(Debug)]
pub struct PriceFeeds {
    shared: Arc<Shared>,
    door: ListenerGuard,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    replaced: Mutex<Vec<(String, u16, Vec<u8>)>>,
    asked: Mutex<Vec<String>>,
    stop: Stop,
}

impl PriceFeeds {
    /// Starts a stand-in in front of the server at this URL, such as that of [`crate::Moto::url`] or
    /// [`crate::Proxy::url`].
    ///
    /// # Errors
    ///
    /// The URL is not `http://` and an address, or no port is available.
    pub fn before(url: &str) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            upstream: address(url)?,
            replaced: Mutex::default(),
            asked: Mutex::default(),
            stop: Stop::default(),
        });
        let served = Arc::clone(&shared);
        let door = ListenerGuard::open(&shared.stop, move |client| served.serve(client))?;
        Ok(Self { shared, door })
    }

    /// Its URL, for `--endpoint aws=URL`.
    pub fn url(&self) -> String {
        self.door.url()
    }

    /// Replaces the response to requests of price lists whose host and path contain `part`.
    pub fn replace(&self, part: &str, status: u16, body: impl Into<Vec<u8>>) -> &Self {
        lock(&self.shared.replaced).push((part.to_owned(), status, body.into()));
        self
    }

    /// Host and path of each request of a price list, in order of arrival.
    pub fn asked(&self) -> Vec<String> {
        lock(&self.shared.asked).clone()
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut reader = BufReader::new(client.try_clone()?);
        while let Some(request) = Message::read(&mut reader)? {
            self.respond(&request).write(&mut client)?;
        }
        Ok(())
    }

    fn respond(&self, request: &Message) -> Message {
        let host = request.header("host").unwrap_or_default();
        if ![ON_DEMAND, SPOT, PRODUCTS].contains(&host) {
            return http::exchange(self.upstream, request).unwrap_or_else(|error| {
                Message::answer(502, Vec::new(), error.to_string().into_bytes())
            });
        }
        let path = request.start.split(' ').nth(1).unwrap_or_default();
        let name = format!("{host}{path}");
        lock(&self.asked).push(name.clone());
        let mut replaced = lock(&self.replaced).clone().into_iter();
        if let Some((_, status, body)) = replaced.find(|(part, ..)| name.contains(part.as_str())) {
            return Message::answer(status, Vec::new(), body);
        }
        let body = match host {
            ON_DEMAND => lists::on_demand(path),
            SPOT => (path == "/spot.json").then(lists::spot),
            _ => serde_json::from_slice(&request.body)
                .ok()
                .map(|question| lists::products(&question)),
        };
        let stamp = (
            "Last-Modified".into(),
            "Tue, 22 Sep 2026 06:01:21 GMT".into(),
        );
        match body {
            Some(body) => Message::answer(200, vec![stamp], body.to_string().into_bytes()),
            None => Message::answer(
                404,
                Vec::new(),
                b"<Error><Code>NoSuchKey</Code></Error>".to_vec(),
            ),
        }
    }
}

/// Parses the address of a URL that has nothing else.
fn address(url: &str) -> io::Result<SocketAddr> {
    let address = url.strip_prefix("http://").and_then(|a| a.parse().ok());
    address.ok_or_else(|| io::Error::other(format!("no address in {url}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn send(feeds: &PriceFeeds, start: &str, host: &str, body: &Value) -> Message {
        let request = Message {
            start: format!("{start} HTTP/1.1"),
            headers: vec![("Host".into(), host.into())],
            body: body.to_string().into_bytes(),
        };
        http::exchange(address(&feeds.url()).unwrap(), &request).unwrap()
    }

    #[test]
    fn prices_are_answered_and_the_rest_passes() {
        let behind = PriceFeeds::before("http://127.0.0.1:1").unwrap();
        let feeds = PriceFeeds::before(&behind.url()).unwrap();
        let get = |path: &str| send(&feeds, &format!("GET {path}"), ON_DEMAND, &Value::Null);
        let path = "/x/USD/current/ec2-ondemand-without-sec-sel/EU%20(Frankfurt)/Linux/index.json";
        let body: Value = serde_json::from_slice(&get(path).body).unwrap();
        let row = &body["regions"]["EU (Frankfurt)"]["m5 large EU (Frankfurt) Linux"];
        assert_eq!(row["price"], "0.1152000000");
        assert_eq!(get("/other").status(), Some(404));

        let spot = send(&feeds, "GET /spot.json", SPOT, &Value::Null);
        assert!(spot.header("last-modified").is_some());
        assert!(
            String::from_utf8(spot.body)
                .unwrap()
                .contains("\"us-east\"")
        );

        let filters = json!([{"Field": "regionCode", "Value": "us-east-1"}, {"Field": "tenancy", "Value": "Dedicated"}]);
        let response = send(&feeds, "POST /", PRODUCTS, &json!({"Filters": filters}));
        let response: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(response["PriceList"].as_array().unwrap().len(), 1);
        assert!(
            response["PriceList"][0]
                .as_str()
                .unwrap()
                .contains("\"4.6080000000\"")
        );

        // The upstream of `behind` is a closed port.
        assert_eq!(
            send(
                &feeds,
                "POST /",
                "ec2.us-east-1.amazonaws.com",
                &Value::Null
            )
            .status(),
            Some(502)
        );
        assert_eq!((feeds.asked().len(), behind.asked().len()), (4, 0));
        feeds.replace("spot.json", 503, "away");
        assert_eq!(
            send(&feeds, "GET /spot.json", SPOT, &Value::Null).status(),
            Some(503)
        );
    }
}
