//! Pushing a component to a registry, as the standard wasm artifact.

use super::download::{Ask, ServerResponse, location};
use super::error::quoted;
use super::login::Scope;
use super::registry::{CONFIG_TYPE, Descriptor, ImageManifest, LAYER_TYPE, MANIFEST_TYPE, Session};
use super::{FetchOptions, OciReference, SIGNATURE_ANNOTATION, Signature, SourceError, in_time};
use crate::plugin::{Artifact, Digest};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

/// Size limit on the registry's responses, in bytes: they are empty.
const MAX_RESPONSE: usize = 64 << 10;

/// Date of every artifact, so that the same component always has the same digest.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// Config of a wasm artifact.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    created: &'static str,
    architecture: &'static str,
    os: &'static str,
    layer_digests: [&'a str; 1],
    component: Component<'a>,
}

#[derive(Serialize)]
struct Component<'a> {
    exports: &'a [String],
    imports: &'a [String],
}

/// Pushes a component to a registry under a tag, and returns its reference by digest, for installs.
///
/// The same component with the same signature always has the same digest.
///
/// ```no_run
/// use cloudhost::plugin::Artifact;
/// use cloudhost::source::{FetchOptions, OciReference, SourceError, push};
///
/// # async fn publish(artifact: &Artifact) -> Result<(), SourceError> {
/// let tag: OciReference = "oci://ghcr.io/someone/hetzner:1.2".parse()?;
/// let pinned = push(&tag, artifact, None, &FetchOptions::default()).await?;
/// println!("{pinned}");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the reference has a digest instead of a tag, when the registry refuses the login or the component, or when
/// it takes longer than [`FetchOptions::time`].
pub async fn push(
    reference: &OciReference,
    artifact: &Artifact,
    signature: Option<&Signature>,
    options: &FetchOptions,
) -> Result<OciReference, SourceError> {
    if reference.digest().is_some() {
        return Err(SourceError::Unclear {
            text: reference.to_string(),
            why: "expected a tag: the registry returns the digest",
        });
    }
    let name = reference.to_string();
    in_time(
        options,
        &name,
        send(reference, artifact, signature, options),
    )
    .await
}

async fn send(
    reference: &OciReference,
    artifact: &Artifact,
    signature: Option<&Signature>,
    options: &FetchOptions,
) -> Result<OciReference, SourceError> {
    let layer = artifact.digest.to_string();
    let config = serialized(reference, &config(artifact, &layer))?;
    let config_digest = Digest::of(&config).to_string();
    let manifest = ImageManifest {
        schema_version: 2,
        media_type: Some(MANIFEST_TYPE.to_owned()),
        config: descriptor(CONFIG_TYPE, &config_digest, config.len()),
        layers: vec![descriptor(LAYER_TYPE, &layer, artifact.bytes.len())],
        annotations: Some(annotations(artifact, signature)),
    };
    let manifest = serialized(reference, &manifest)?;
    let pinned = reference.pinned(&Digest::of(&manifest).to_string())?;

    let mut registry = Uploads {
        session: Session::new(reference, options, Scope::Push).await?,
        reference,
    };
    registry.put_blob(&artifact.bytes, &layer).await?;
    registry.put_blob(&config, &config_digest).await?;
    registry.put_manifest(&manifest).await?;
    Ok(pinned)
}

fn serialized(reference: &OciReference, part: &impl Serialize) -> Result<Vec<u8>, SourceError> {
    serde_json::to_vec(part).map_err(|error| failed(reference, &error.to_string()))
}

fn failed(reference: &OciReference, why: &str) -> SourceError {
    SourceError::Push {
        reference: reference.to_string(),
        why: why.to_owned(),
    }
}

/// The upload of the parts of a component.
struct Uploads<'a> {
    session: Session<'a>,
    reference: &'a OciReference,
}

impl Uploads<'_> {
    /// Uploads a blob in one piece, if the registry does not have it.
    async fn put_blob(&mut self, bytes: &[u8], digest: &str) -> Result<(), SourceError> {
        let blobs = format!("{}/blobs/", self.reference.repository());
        let blob = self.session.url(&format!("{blobs}{digest}"))?;
        let found = self.session.send(Method::HEAD, &blob, |r| r, MAX_RESPONSE);
        let found = found.await?;
        if found.status != StatusCode::NOT_FOUND {
            return self.accepted(&found);
        }
        let uploads = self.session.url(&format!("{blobs}uploads/"))?;
        let empty = |ask: Ask| ask.header(CONTENT_LENGTH, HeaderValue::from_static("0"));
        let begun = self
            .session
            .send(Method::POST, &uploads, empty, MAX_RESPONSE);
        let begun = begun.await?;
        self.accepted(&begun)?;
        let mut upload = location(&begun.url, &begun.headers)
            .ok_or_else(|| failed(self.reference, "it named no location for the upload"))?;
        upload.query_pairs_mut().append_pair("digest", digest);
        self.put(&upload, "application/octet-stream", bytes).await
    }

    async fn put_manifest(&mut self, manifest: &[u8]) -> Result<(), SourceError> {
        let repository = self.reference.repository();
        let tag = self.reference.tag().unwrap_or_default();
        let url = self.session.url(&format!("{repository}/manifests/{tag}"))?;
        self.put(&url, MANIFEST_TYPE, manifest).await
    }

    async fn put(
        &mut self,
        url: &Url,
        kind: &'static str,
        bytes: &[u8],
    ) -> Result<(), SourceError> {
        let complete = |ask: Ask| {
            let ask = ask.header(CONTENT_TYPE, HeaderValue::from_static(kind));
            ask.body(bytes.to_vec())
        };
        let response = self.session.send(Method::PUT, url, complete, MAX_RESPONSE);
        let response = response.await?;
        self.accepted(&response)
    }

    /// Converts the response of a registry that does not accept a request.
    fn accepted(&self, response: &ServerResponse) -> Result<(), SourceError> {
        let status = response.status;
        match status {
            status if status.is_success() => Ok(()),
            _ => {
                let errors: Errors = serde_json::from_slice(&response.body).unwrap_or_default();
                let mut why = status.to_string();
                if let Some(error) = errors.errors.first() {
                    let said = quoted(&format!("{} {}", error.code, error.message));
                    why = format!("{why}: {said}");
                }
                Err(failed(self.reference, &why))
            }
        }
    }
}

/// The body of an error: "Error Codes" in the distribution specification.
#[derive(Default, Deserialize)]
struct Errors {
    errors: Vec<RegistryError>,
}

#[derive(Deserialize)]
struct RegistryError {
    code: String,
    #[serde(default)]
    message: String,
}

fn config<'a>(artifact: &'a Artifact, layer: &'a str) -> Config<'a> {
    Config {
        created: CREATED,
        architecture: "wasm",
        os: "wasip2",
        layer_digests: [layer],
        component: Component {
            exports: &artifact.exports,
            imports: &artifact.imports,
        },
    }
}

fn descriptor(kind: &str, digest: &str, size: usize) -> Descriptor {
    Descriptor {
        media_type: kind.to_owned(),
        digest: digest.to_owned(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
    }
}

/// Annotations for people who look at the registry; only the signature is read again.
fn annotations(artifact: &Artifact, signature: Option<&Signature>) -> BTreeMap<String, String> {
    let manifest = &artifact.manifest;
    let mut annotations = BTreeMap::from([
        (
            "org.opencontainers.image.title".to_owned(),
            manifest.name.clone(),
        ),
        (
            "org.opencontainers.image.version".to_owned(),
            manifest.version.clone(),
        ),
    ]);
    if let Some(signature) = signature {
        annotations.insert(SIGNATURE_ANNOTATION.to_owned(), signature.text().to_owned());
    }
    annotations
}
