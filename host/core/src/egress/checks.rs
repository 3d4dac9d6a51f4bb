//! The checks that need no network.

use super::client::{Owner, Way};
use super::send::{PreparedRequest, Scope, Signs};
use super::session::Inner;
use super::{FetchError, headers, overrides, record};
use crate::capability::{Scheme, Use};
use crate::contract::cloudhost::provider::http::{Auth, Request};
use http::Uri;
use hyper::body::Bytes;
use url::{Position, Url};

impl Inner {
    /// A request that passed all checks.
    pub(super) fn prepare(
        &self,
        url: Url,
        request: Request,
    ) -> Result<PreparedRequest, FetchError> {
        self.policy.allow_url(&url)?;
        let signs = self.credential(&url, request.auth)?;
        let headers = headers::outgoing(&request.headers, &self.budget.limits, signs.is_some())?;
        let service = signs.as_ref().and_then(|signs| {
            let scope = signs.sigv4.as_ref()?;
            Some((signs.credential.as_str(), scope.service.as_str()))
        });
        let endpoint = overrides::find(&self.shared, self.trail.plugin(), &url, service)?;
        let (connect, way, host) = match &endpoint {
            None => (url.clone(), Way::Direct, None),
            Some(endpoint) => {
                let connect = overrides::connect_to(endpoint, &url, signs.is_some())?;
                let way = match connect.scheme() {
                    "https" => Way::Override,
                    _ => Way::PlainOverride,
                };
                (connect, way, Some(record::authority(&url)?))
            }
        };
        let rate = self.policy.spacing(&url).map(|spacing| {
            let host = &url[Position::BeforeHost..Position::AfterPort];
            (self.shared.paces.of(self.trail.plugin(), host), spacing)
        });
        let owner = Owner {
            plugin: self.trail.plugin().to_owned(),
            credential: signs.as_ref().map(|signs| signs.credential.clone()),
            way,
        };
        let to = Uri::try_from(connect.as_str())
            .map_err(|error| FetchError::Invalid(format!("its URL cannot be sent: {error}")))?;
        Ok(PreparedRequest {
            owner,
            url,
            method: record::method(request.method),
            headers,
            body: request.body.map(Bytes::from),
            to,
            instead: endpoint.map(|endpoint| endpoint.url.origin().ascii_serialization()),
            host,
            signs,
            rate,
            read_only: request.read_only,
        })
    }

    /// The credential that a request names, if it is allowed for it.
    fn credential(&self, url: &Url, auth: Auth) -> Result<Option<Signs>, FetchError> {
        match auth {
            Auth::None => Ok(None),
            Auth::Sigv4(sigv4) => {
                let wanted = Use {
                    credential: &sigv4.credential,
                    scheme: Scheme::SigV4,
                    service: Some(&sigv4.service),
                };
                self.policy.allow_credential(url, wanted)?;
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if !(1..=32).contains(&sigv4.region.len()) || !sigv4.region.chars().all(plain) {
                    return Err(FetchError::Invalid(format!(
                        "invalid region name `{}`",
                        crate::contract::escape_untrusted(&sigv4.region)
                    )));
                }
                Ok(Some(Signs {
                    credential: sigv4.credential,
                    sigv4: Some(Scope {
                        service: sigv4.service,
                        region: sigv4.region,
                    }),
                }))
            }
            Auth::Bearer(name) => {
                let wanted = Use {
                    credential: &name,
                    scheme: Scheme::Bearer,
                    service: None,
                };
                self.policy.allow_credential(url, wanted)?;
                Ok(Some(Signs {
                    credential: name,
                    sigv4: None,
                }))
            }
        }
    }
}
