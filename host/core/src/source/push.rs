//! Pushing a component to a registry, as the standard wasm artifact.

use super::login::{Authorization, Scope};
use super::registry::{CONFIG_TYPE, LAYER_TYPE, Session, is_plain};
use super::{FetchOptions, OciReference, SIGNATURE_ANNOTATION, Signature, SourceError, in_time};
use crate::plugin::{Artifact, Digest};
use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use oci_client::secrets::RegistryAuth;
use reqwest::header::HeaderValue;
use serde::Serialize;
use std::collections::BTreeMap;

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
    let failed = |why: String| SourceError::Push {
        reference: reference.to_string(),
        why: super::error::shown(&why),
    };
    // Log in here: `oci-client` would send a login to a token server without TLS.
    let mut session = Session::new(reference, options, Scope::Push).await?;
    session.get("", options.max_bytes).await?;
    let login = session.into_authorization();
    let auth = login.as_ref().map(Authorization::for_oci_client);
    let client = client(reference).map_err(|error| failed(error.to_string()))?;
    let image = reference.inner();
    client
        .store_auth_if_needed(
            image.resolve_registry(),
            &auth.unwrap_or(RegistryAuth::Anonymous),
        )
        .await;

    let layer = artifact.digest.to_string();
    let config = config(artifact, &layer).map_err(|error| failed(error.to_string()))?;
    let config_digest = Digest::of(&config).to_string();
    let manifest = OciImageManifest {
        media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
        config: descriptor(CONFIG_TYPE, &config_digest, config.len()),
        layers: vec![descriptor(LAYER_TYPE, &layer, artifact.bytes.len())],
        annotations: Some(annotations(artifact, signature)),
        ..OciImageManifest::default()
    };
    let manifest = serde_json::to_vec(&manifest).map_err(|error| failed(error.to_string()))?;
    let pinned = Digest::of(&manifest).to_string();

    let component = artifact.bytes.to_vec();
    for (bytes, digest) in [(component, layer), (config, config_digest)] {
        let there = client.blob_exists(image, &digest).await;
        if there.map_err(|error| refusal(reference, login.as_ref(), &error))? {
            continue;
        }
        let pushed = client.push_blob(image, bytes, &digest).await;
        pushed.map_err(|error| refusal(reference, login.as_ref(), &error))?;
    }
    let kind = HeaderValue::from_static(OCI_IMAGE_MEDIA_TYPE);
    let pushed = client.push_manifest_raw(image, manifest, kind).await;
    pushed.map_err(|error| refusal(reference, login.as_ref(), &error))?;
    reference.pinned(&pinned)
}

fn client(reference: &OciReference) -> Result<Client, oci_client::errors::OciDistributionError> {
    let registry = reference.inner().resolve_registry().to_owned();
    Client::try_from(ClientConfig {
        protocol: match is_plain(reference) {
            true => ClientProtocol::HttpsExcept(vec![registry]),
            false => ClientProtocol::Https,
        },
        user_agent: concat!("cloudhost/", env!("CARGO_PKG_VERSION")),
        // A proxy that is set but unused replaces those of the environment, which would see a login on its way to this
        // machine. This client has no other way to prevent that.
        http_proxy: Some("http://127.0.0.1:9".to_owned()),
        no_proxy: Some("*,0.0.0.0/0,::/0".to_owned()),
        ..ClientConfig::default()
    })
}

fn config(artifact: &Artifact, layer: &str) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Config {
        created: CREATED,
        architecture: "wasm",
        os: "wasip2",
        layer_digests: [layer],
        component: Component {
            exports: &artifact.exports,
            imports: &artifact.imports,
        },
    })
}

fn descriptor(kind: &str, digest: &str, size: usize) -> OciDescriptor {
    OciDescriptor {
        media_type: kind.to_owned(),
        digest: digest.to_owned(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        ..OciDescriptor::default()
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

/// Converts a registry's response to a part of a push.
fn refusal(
    reference: &OciReference,
    login: Option<&Authorization>,
    error: &oci_client::errors::OciDistributionError,
) -> SourceError {
    use oci_client::errors::OciDistributionError as Oci;
    let status = match error {
        Oci::UnauthorizedError { .. } | Oci::AuthenticationFailure(_) => Some(401),
        Oci::ServerError { code, .. } => Some(*code),
        Oci::RequestError(error) => error.status().map(|status| status.as_u16()),
        _ => None,
    };
    match status {
        Some(401 | 403) => super::login::refused(reference, login.and_then(Authorization::user)),
        _ => SourceError::Push {
            reference: reference.to_string(),
            why: super::error::shown(&error.to_string()),
        },
    }
}
