//! Public price feeds: anonymous GETs of JSON files.

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use cloudhost_sdk::http::{Request, Response};
use cloudhost_sdk::{Error, ErrorKind, World};
use flate2::read::GzDecoder;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Most bytes of JSON that are decompressed; the largest feed has 3 MB.
const LIMIT: u64 = 32 * 1024 * 1024;

/// Fetches the file at `https://` and this host and path. A missing file is a `not-found` error.
pub(super) async fn get(world: &impl World, path: &str, title: &str) -> Result<Response, Error> {
    let answer = Request::get(format!("https://{path}")).send(world).await;
    let mut answer = answer.map_err(|error| error.context(title))?;
    // The store behind the feeds returns 403 for a missing file to clients that may not list its files.
    if matches!(answer.status, 403 | 404) {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("{title}: there is no price list at https://{path}"),
        ));
    }
    answer = answer.ok(title)?;
    // Some of these files are stored compressed, and are sent without a `Content-Encoding`.
    if answer.body.starts_with(&[0x1f, 0x8b]) {
        let mut body = Vec::new();
        let mut reader = GzDecoder::new(answer.body.as_slice()).take(LIMIT + 1);
        if reader.read_to_end(&mut body).is_err() || body.len() as u64 > LIMIT {
            return Err(Error::internal(format!(
                "{title}: the response is compressed and cannot be decompressed"
            )));
        }
        answer.body = body;
    }
    Ok(answer)
}

/// Fields of a JSON object in order, including duplicates.
#[derive(Debug)]
pub(super) struct Fields<T>(pub Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields<T>, D::Error> {
        struct All<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for All<T> {
            type Value = Fields<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<T>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(All(PhantomData))
    }
}
