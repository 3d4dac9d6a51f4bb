//! Places, servers and registries, true ones (docker-registry, skopeo, curl, minisign) and false ones.

mod challenges;
mod lies;
mod near;
mod places;
mod registries;
mod signatures;
mod uploads;
mod urls;

use super::*;
use crate::{AuthorTask, HasRemedy as _, Remedy};
use serde_json::{Value, json};

const COMPONENT: &[u8] = b"\0asm and so on";

/// As on a machine without a login.
fn options() -> FetchOptions {
    FetchOptions {
        time: Duration::from_secs(60),
        docker_config: Some("/nonexistent/config.json".into()),
        ..FetchOptions::default()
    }
}

async fn fetch(source: &str) -> Result<Fetched, SourceError> {
    fetch_with(source, &options()).await
}

async fn fetch_with(source: &str, options: &FetchOptions) -> Result<Fetched, SourceError> {
    source.parse::<Source>()?.fetch(options).await
}

/// Checks that neither the error nor its hint has this text of a server.
fn quotes_nothing_of(text: &str, error: &SourceError) {
    let shown = format!("{error} {:?}", error.remedy());
    assert!(!shown.contains(text), "{shown}");
}

/// A manifest as the guidance wants it, for a layer with these bytes.
fn manifest_of(layer: &[u8]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": registry::CONFIG_TYPE,
            "digest": Digest::of(b"{}").to_string(),
            "size": 2,
        },
        "layers": [{
            "mediaType": registry::LAYER_TYPE,
            "digest": Digest::of(layer).to_string(),
            "size": layer.len(),
            "annotations": {"org.opencontainers.image.title": "../../../etc/passwd"},
        }],
    })
}
