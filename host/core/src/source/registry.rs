//! Pulling a component from a registry, as the standard wasm artifact.
//!
//! Format: <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>; protocol:
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>. `oci-client` is not used to pull: it takes
//! manifests and tokens of any size, and follows a redirect to http.

use super::download::{Downloads, ServerResponse};
use super::error::shown;
use super::login::{self, Authorization, Scope};
use super::reference::is_sha256;
use super::{FetchOptions, Fetched, OciReference, Signature, SourceError};
use crate::contract::Digest;
use crate::egress::is_loopback;
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest, Versioned};
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use url::Url;

/// Manifest annotation with the text of a `.minisig` file, for the component in the manifest.
pub const SIGNATURE_ANNOTATION: &str = "io.github.cloudhost.minisig";

pub(super) const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
pub(super) const LAYER_TYPE: &str = "application/wasm";

/// Size limit on manifests, in bytes. One of a component has about 1,000.
const MAX_MANIFEST: usize = 1 << 20;

/// Accepted media types. Unsupported ones are listed too: otherwise a registry reports that there is nothing.
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, \
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
        let url = base(self.reference)?;
        let url = url.join(path).map_err(|_| SourceError::Unclear {
            text: shown(path),
            why: "invalid path",
        })?;
        loop {
            let login = self.authorization.as_ref();
            let response = self.downloads.get(&url, Some(ACCEPT), login, max).await?;
            match (response.status, login) {
                (StatusCode::UNAUTHORIZED, None) => {
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
                (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, Some(login)) => {
                    return Err(login::refused(self.reference, login.user()));
                }
                _ => return response.success(),
            }
        }
    }

    pub(super) fn into_authorization(self) -> Option<Authorization> {
        self.authorization
    }
}

/// Base URL `https://REGISTRY/v2/`, or http on this machine.
pub(super) fn base(reference: &OciReference) -> Result<Url, SourceError> {
    let registry = reference.inner().resolve_registry();
    let parse = |scheme: &str| Url::parse(&format!("{scheme}://{registry}/v2/")).ok();
    let plain = parse("http").filter(is_loopback);
    plain
        .or_else(|| parse("https"))
        .ok_or_else(|| SourceError::Unclear {
            text: reference.to_string(),
            why: "invalid registry host",
        })
}

/// Returns true if this registry is reached without TLS.
pub(super) fn is_plain(reference: &OciReference) -> bool {
    base(reference).is_ok_and(|url| url.scheme() == "http")
}

/// Fetches a component: the manifest of the reference, then its one layer.
pub(super) async fn pull(
    reference: &OciReference,
    options: &FetchOptions,
) -> Result<Fetched, SourceError> {
    let mut session = Session::new(reference, options, Scope::Pull).await?;
    let repository = reference.inner().repository();
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
        SourceError::TooLarge { max, .. } if max == size => SourceError::Digest {
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

/// The relevant parts of a manifest.
struct Manifest {
    layer: OciDescriptor,
    signature: Option<String>,
}

/// Parses a manifest of the standard wasm artifact; the error describes any other type.
fn read(response: &ServerResponse) -> Result<Manifest, String> {
    let versioned: Versioned =
        serde_json::from_slice(&response.body).map_err(|_| "invalid manifest".to_owned())?;
    // The media type in the manifest takes precedence over the header.
    let header = response.headers.get(CONTENT_TYPE);
    let header = header.and_then(|value| value.to_str().ok());
    let kind = versioned.media_type.as_deref().or(header);
    let kind = kind.unwrap_or("no type");
    if kind != OCI_IMAGE_MEDIA_TYPE {
        return Err(format!("unsupported manifest type `{}`", shown(kind)));
    }
    let manifest: OciImageManifest = serde_json::from_slice(&response.body)
        .map_err(|error| format!("invalid manifest: {}", shown(&error.to_string())))?;
    if manifest.config.media_type != CONFIG_TYPE {
        let found = shown(&manifest.config.media_type);
        return Err(format!(
            "expected config type `{CONFIG_TYPE}`, found `{found}`"
        ));
    }
    let count = manifest.layers.len();
    let Ok([layer]) = <[OciDescriptor; 1]>::try_from(manifest.layers) else {
        return Err(format!("expected one layer, found {count}"));
    };
    if layer.media_type != LAYER_TYPE {
        let found = shown(&layer.media_type);
        return Err(format!(
            "expected layer type `{LAYER_TYPE}`, found `{found}`"
        ));
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
