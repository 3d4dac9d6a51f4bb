#![allow(unsafe_code, clippy::todo)]
use b::cloudhost::provider::http;
use b::exports::cloudhost::provider::{catalog::*, kconfig, provider};
use cloudhost_sdk::bindings as b;
struct Aws;
#[unsafe(link_section = "cloudhost:manifest")]
#[used]
static MANIFEST: [u8; 5] = *b"hello";
impl provider::Guest for Aws {
    fn describe() -> provider::Description {
        todo!()
    }
}
impl Guest for Aws {
    async fn fetch(query: Query) -> Result<Listing, Error> {
        let r = http::fetch(http::Request {
            method: http::Method::Get,
            url: "x".into(),
            headers: vec![],
            body: None,
            auth: http::Auth::None,
            read_only: true,
        })
        .await;
        let x = format!("{r:?} {query:?}");
        Err(Error {
            kind: b::cloudhost::provider::types::ErrorKind::Busy,
            scope: b::cloudhost::provider::types::Scope::Provider,
            code: None,
            message: x,
            request_id: None,
            retry_after_ms: None,
        })
    }
    fn bundled() -> Option<Bundle> {
        None
    }
}
impl kconfig::Guest for Aws {
    fn emit_kconfig(
        _c: kconfig::Catalog,
        _d: kconfig::Dialect,
    ) -> Result<Vec<kconfig::File>, kconfig::Error> {
        todo!()
    }
}
b::export!(Aws with_types_in b);
