//! A session with a registry, and pulling a component from it, as the standard wasm artifact.
//!
//! Format: <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>; protocol:
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>. The crate `oci-client` is not used: it takes
//! manifests and tokens of any size, follows a redirect to http, and sends a login to a token server without TLS.

use super::download::{Ask, Downloads, ServerResponse};
use super::error::{quoted, shown};
use super::login::{self, Authorization, Scope};
use super::reference::is_sha256;
use super::{FetchOptions, Fetched, OciReference, Signature, SourceError};
use crate::contract::Digest;
use crate::egress::is_loopback;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

/// Manifest annotation with the text of a `.minisig` file, for the component in the manifest.
pub const SIGNATURE_ANNOTATION: &str = "io.github.cloudhost.minisig";

/// Media types of the artifact's parts.
pub(super) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
pub(super) const LAYER_TYPE: &str = "application/wasm";

/// Size limit on manifests, in bytes. One of a component has about 1,000.
const MAX_MANIFEST: usize = 1 << 20;

/// Accepted media types. Unsupported ones are listed too: otherwise a registry reports that there is nothing.
const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.oci.image.index.v1+json, \
                      application/vnd.docker.distribution.manifest.v2+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json";

/// A session with a registry, for one repository.
pub(super) struct Session<'a> {
    downloads: Downloads,
    reference: &'a OciReference,
    options: &'a FetchOptions,
    scope: Scope,
    authorization: Option<Authorization>,
}

impl<'a> Session<'a> {
    pub(super) async fn new(
        reference: &'a OciReference,
        options: &'a FetchOptions,
        scope: Scope,
    ) -> Result<Self, SourceError> {
        Ok(Self {
            downloads: Downloads::of(&base(reference)?).await?,
            reference,
            options,
            scope,
            authorization: None,
        })
    }

    /// Fetches a path below `/v2/`, with a login if the registry requires one.
    pub(super) async fn get(
        &mut self,
        path: &str,
        max: usize,
    ) -> Result<ServerResponse, SourceError> {
        let url = self.url(path)?;
        let accept = |ask: Ask| ask.header(ACCEPT, HeaderValue::from_static(ACCEPTED));
        let response = self.send(Method::GET, &url, accept, max).await?;
        response.success(&shown(url.as_str()))
    }

    /// The URL of a path below `/v2/`, or of a location that the registry named.
    pub(super) fn url(&self, path: &str) -> Result<Url, SourceError> {
        let url = base(self.reference)?.join(path);
        url.map_err(|_| SourceError::Unclear {
            text: shown(path),
            why: "invalid path",
        })
    }

    /// Sends a request, with a login if the registry requires one. The response can have any status.
    pub(super) async fn send(
        &mut self,
        method: Method,
        url: &Url,
        complete: impl Fn(Ask) -> Ask,
        max: usize,
    ) -> Result<ServerResponse, SourceError> {
        let base = base(self.reference)?;
        loop {
            // Storage elsewhere gets no login.
            let mut is_own = url.origin() == base.origin();
            let login = self.authorization.as_ref().filter(|_| is_own);
            let ask = self.downloads.ask(method.clone(), url, login);
            let ask = complete(ask.named_by(&base));
            let response = self.downloads.send(ask, max).await?;
            // Nor does its challenge count as the registry's.
            is_own &= response.url.origin() == base.origin();
            match (response.status, login) {
                (StatusCode::UNAUTHORIZED, None) if is_own => {
                    let config = self.options.docker_config.as_deref();
                    let authorization = login::authorize(
                        &self.downloads,
                        &response.headers,
                        self.reference,
                        self.scope,
                        config,
                    );
                    self.authorization = Some(authorization.await?);
                }
                (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, login) if is_own => {
                    let user = login.and_then(Authorization::user);
                    return Err(login::refused(self.reference, user));
                }
                _ => return Ok(response),
            }
        }
    }
}

/// Base URL `https://REGISTRY/v2/`, or http on this machine.
pub(super) fn base(reference: &OciReference) -> Result<Url, SourceError> {
    let registry = reference.host();
    let parse = |scheme: &str| Url::parse(&format!("{scheme}://{registry}/v2/")).ok();
    let plain = parse("http").filter(is_loopback);
    plain
        .or_else(|| parse("https"))
        .ok_or_else(|| SourceError::Unclear {
            text: reference.to_string(),
            why: "invalid registry host",
        })
}

/// Fetches a component: the manifest of the reference, then its one layer.
pub(super) async fn pull(
    reference: &OciReference,
    options: &FetchOptions,
) -> Result<Fetched, SourceError> {
    let mut session = Session::new(reference, options, Scope::Pull).await?;
    let repository = reference.repository();
    let wanted = reference.digest().or(reference.tag()).unwrap_or("latest");
    let path = format!("{repository}/manifests/{wanted}");
    let response = session.get(&path, MAX_MANIFEST).await?;
    let pinned = Digest::of(&response.body).to_string();
    if let Some(expected) = reference.digest() {
        same(reference, "manifest", expected, &pinned)?;
    }
    let manifest = read(&response).map_err(|why| SourceError::NotAComponent {
        reference: reference.to_string(),
        why,
    })?;
    let layer = &manifest.layer;
    let too_large = || {
        super::within_limit(SourceError::TooLarge {
            what: reference.to_string(),
            max: options.max_bytes,
        })
    };
    let size = usize::try_from(layer.size).map_err(|_| too_large())?;
    if size > options.max_bytes {
        return Err(too_large());
    }
    let path = format!("{repository}/blobs/{}", layer.digest);
    let blob = session.get(&path, size).await;
    let blob = blob.map_err(|error| match error {
        SourceError::TooLarge { .. } => SourceError::Digest {
            reference: reference.to_string(),
            what: "component",
            expected: layer.digest.clone(),
            found: format!("more than the {size} bytes that the manifest declares"),
        },
        other => other,
    });
    let bytes = blob?.body;
    let signature = manifest.signature.as_deref().map(str::parse::<Signature>);
    let mut fetched = Fetched::new(bytes, signature.transpose()?);
    let found = fetched.digest.to_string();
    same(reference, "component", &layer.digest, &found)?;
    fetched.pinned = Some(pinned);
    Ok(fetched)
}

fn same(
    reference: &OciReference,
    what: &'static str,
    expected: &str,
    found: &str,
) -> Result<(), SourceError> {
    if expected == found {
        return Ok(());
    }
    Err(SourceError::Digest {
        reference: reference.to_string(),
        what,
        expected: expected.to_owned(),
        found: found.to_owned(),
    })
}

/// An image manifest: <https://github.com/opencontainers/image-spec/blob/main/manifest.md>.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImageManifest {
    pub schema_version: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    pub config: Descriptor,
    pub layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// A part of an image manifest.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub media_type: String,
    pub digest: String,
    pub size: i64,
}

/// The part that all manifests have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed {
    media_type: Option<String>,
}

/// The relevant parts of a manifest.
struct Manifest {
    layer: Descriptor,
    signature: Option<String>,
}

/// Parses a manifest of the standard wasm artifact; the error describes any other type.
fn read(response: &ServerResponse) -> Result<Manifest, String> {
    let typed: Typed =
        serde_json::from_slice(&response.body).map_err(|_| "invalid manifest".to_owned())?;
    // The media type in the manifest takes precedence over the header.
    let header = response.headers.get(CONTENT_TYPE);
    let header = header.and_then(|value| value.to_str().ok());
    let kind = typed.media_type.as_deref().or(header);
    let kind = kind.unwrap_or("no type");
    if kind != MANIFEST_TYPE {
        return Err(format!("unsupported manifest type `{}`", quoted(kind)));
    }
    let manifest: ImageManifest = serde_json::from_slice(&response.body)
        .map_err(|error| format!("invalid manifest: {}", quoted(&error.to_string())))?;
    if manifest.config.media_type != CONFIG_TYPE {
        let found = quoted(&manifest.config.media_type);
        return Err(format!(
            "expected config type `{CONFIG_TYPE}`, found `{found}`"
        ));
    }
    let count = manifest.layers.len();
    let Ok([layer]) = <[Descriptor; 1]>::try_from(manifest.layers) else {
        return Err(format!("expected one layer, found {count}"));
    };
    if layer.media_type != LAYER_TYPE {
        let found = quoted(&layer.media_type);
        return Err(format!(
            "expected layer type `{LAYER_TYPE}`, found `{found}`"
        ));
    }
    if layer.size < 0 {
        return Err("its layer has a negative size".to_owned());
    }
    if !is_sha256(&layer.digest) {
        return Err("its layer has no SHA-256 digest".to_owned());
    }
    let mut annotations = manifest.annotations.unwrap_or_default();
    Ok(Manifest {
        layer,
        signature: annotations.remove(SIGNATURE_ANNOTATION),
    })
}
