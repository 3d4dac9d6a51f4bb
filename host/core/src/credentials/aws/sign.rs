//! Signature Version 4, by the official crate, for the real host.
//!
//! The signature covers method, path, query, `host`, every header that the request has at this point, and the body's
//! hash. Clock skew is not corrected: a clock that is more than five minutes off gets the cloud's own error, which
//! reports it.

use super::super::{CredentialsError, Keys, Signed};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_v4,
};
use aws_sigv4::sign::v4;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::time::SystemTime;
use url::Url;

/// The input of a signature.
#[derive(Clone, Copy)]
pub(crate) struct SignRequest<'a> {
    pub method: &'a Method,
    /// The real URL, also if an override sends the request elsewhere.
    pub url: &'a Url,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// Signing name of the service.
    pub service: &'a str,
    pub region: &'a str,
}

/// Signs a request with the current time.
pub(in super::super) fn sign(
    keys: &Keys,
    request: SignRequest<'_>,
) -> Result<Signed, CredentialsError> {
    sign_at(keys, request, crate::clock::now())
}

fn sign_at(
    keys: &Keys,
    request: SignRequest<'_>,
    time: SystemTime,
) -> Result<Signed, CredentialsError> {
    let unsignable = |why: String| CredentialsError::Unsignable { why };
    let identity = keys.0.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(request.region)
        .name(request.service)
        .time(time)
        .settings(settings(request.service))
        .build()
        .map_err(|error| unsignable(error.to_string()))?
        .into();
    let mut headers = Vec::with_capacity(request.headers.len());
    for (name, value) in request.headers {
        let text = value.to_str().map_err(|_| {
            unsignable(format!(
                "the value of the header `{name}` is not visible ASCII"
            ))
        })?;
        headers.push((name.as_str(), text));
    }
    let signable = SignableRequest::new(
        request.method.as_str(),
        request.url.as_str(),
        headers.into_iter(),
        SignableBody::Bytes(request.body),
    )
    .map_err(|error| unsignable(error.to_string()))?;
    let (instructions, signature) = sign_v4(signable, &params)
        .map_err(|error| unsignable(error.to_string()))?
        .into_parts();
    let (added, _) = instructions.into_parts();
    let headers = added.into_iter().map(|header| {
        let mut value = HeaderValue::try_from(header.value())
            .map_err(|_| unsignable("the credential is not visible ASCII".to_owned()))?;
        // Kept out of `Debug`, and out of the compression table of HTTP/2.
        value.set_sensitive(true);
        Ok((HeaderName::from_static(header.name()), value))
    });
    let headers = headers.collect::<Result<_, CredentialsError>>()?;
    Ok(Signed::new(headers, keys.sent()).with_signature(signature))
}

/// Every service encodes the path twice and normalises it, except S3, where a key can hold anything; S3 also requires
/// the body's hash in a header.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if matches!(
        service,
        "s3" | "s3-outposts" | "s3-object-lambda" | "s3express"
    ) {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

#[cfg(test)]
#[path = "sign_tests.rs"]
mod tests;
