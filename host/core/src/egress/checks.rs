//! The checks that need no network.

use super::client::{Owner, Way};
use super::rate_limit::Bucket;
use super::send::{Added, PreparedRequest, Scope, Signs};
use super::session::Inner;
use super::{FetchError, headers, overrides, record};
use crate::capability::{Denial, Scheme, Use};
use crate::contract::cloudhost::provider::http::{Auth, Request};
use http::{HeaderMap, HeaderName, Uri};
use hyper::body::Bytes;
use std::sync::atomic::Ordering;
use url::{Position, Url};

/// Most credentials of one request.
const MAX_AUTH: usize = 4;

impl Inner {
    /// A request that passed all checks. `claimed`: a component of an older contract says that it only reads.
    pub(super) fn prepare(
        &self,
        url: Url,
        request: Request,
        claimed: bool,
    ) -> Result<PreparedRequest, FetchError> {
        self.policy.allow_url(&url)?;
        let signs = self.credentials(&url, request.auth)?;
        let headers = headers::outgoing(&request.headers, &self.budget.limits, !signs.is_empty())?;
        check_places(&url, &headers, &signs)?;
        let method = record::method(request.method);
        let body = request.body.as_deref().unwrap_or_default();
        let reads = self.policy.reads(&method, &url, &headers, body, claimed);
        if !reads {
            self.allow_change(record::name(request.method), &url)?;
        }
        let service = signs.iter().find_map(|signs| {
            let scope = signs.scope()?;
            Some((signs.credential.as_str(), scope.service.as_str()))
        });
        let (to, way, host, instead) = self.way(&url, service, !signs.is_empty())?;
        let rate = self.policy.rate(&url).map(|rate| {
            let host = &url[Position::BeforeHost..Position::AfterPort];
            let pace = self.shared.paces.of(&self.identity(&signs), host);
            (pace, Bucket::from(rate))
        });
        let credential = match signs.as_slice() {
            [] => None,
            signs => {
                let names = signs.iter().map(|signs| signs.credential.as_str());
                Some(names.collect::<Vec<_>>().join(" "))
            }
        };
        let owner = Owner {
            plugin: self.trail.plugin().to_owned(),
            credential,
            way,
        };
        Ok(PreparedRequest {
            owner,
            url,
            method,
            headers,
            body: request.body.map(Bytes::from),
            to,
            instead,
            host,
            signs,
            rate,
            reads,
        })
    }

    /// The identity whose requests keep a rate together: that of the credentials, or the plugin for anonymous requests.
    fn identity(&self, signs: &[Signs]) -> String {
        let mut identity = self.trail.plugin().to_owned();
        for signs in signs {
            let known = self.shared.credentials.identity(&signs.credential);
            identity = known.map_or_else(|_| signs.credential.clone(), |known| known.key);
        }
        identity
    }

    /// The URL to connect to, and by which way: the cloud's own, or the user's endpoint.
    #[allow(clippy::type_complexity)]
    pub(super) fn way(
        &self,
        url: &Url,
        service: Option<(&str, &str)>,
        secret: bool,
    ) -> Result<(Uri, Way, Option<http::HeaderValue>, Option<String>), FetchError> {
        let endpoint = overrides::find(&self.shared, self.trail.plugin(), url, service)?;
        let (connect, way, host) = match &endpoint {
            None => (url.clone(), Way::Direct, None),
            Some(endpoint) => {
                let connect = overrides::connect_to(endpoint, url, secret)?;
                let way = match connect.scheme() {
                    "https" => Way::Override,
                    _ => Way::PlainOverride,
                };
                (connect, way, Some(record::authority(url)?))
            }
        };
        let to = Uri::try_from(connect.as_str())
            .map_err(|error| FetchError::Invalid(format!("its URL cannot be sent: {error}")))?;
        let instead = endpoint.map(|endpoint| endpoint.url.origin().ascii_serialization());
        Ok((to, way, host, instead))
    }

    /// Checks that this call may send a change: manifest and grant allow it, the call has a permit, and it has sent none.
    fn allow_change(&self, method: &'static str, url: &Url) -> Result<(), FetchError> {
        self.policy.allow_change(method, url)?;
        let why = if self.permit.get().is_none() {
            "only `run`, `undo` and `cancel` can change the cloud, in an operation that the user starts"
        } else if self.changed.swap(true, Ordering::Relaxed) {
            "one call can send one change, and it has sent one"
        } else {
            return Ok(());
        };
        Err(Denial::Change {
            method,
            host: url.host_str().unwrap_or_default().to_owned(),
            missing: None,
            why: why.to_owned(),
        }
        .into())
    }

    fn allow(
        &self,
        url: &Url,
        credential: &str,
        scheme: Scheme,
        place: Option<&str>,
    ) -> Result<(), Denial> {
        let wanted = Use {
            credential,
            scheme,
            place,
        };
        self.policy.allow_credential(url, wanted)
    }

    /// The credentials that a request names, if each is allowed for it.
    fn credentials(&self, url: &Url, auth: Vec<Auth>) -> Result<Vec<Signs>, FetchError> {
        if auth.len() > MAX_AUTH {
            return Err(FetchError::Invalid(format!(
                "it names {} credentials, more than the limit of {MAX_AUTH}",
                auth.len()
            )));
        }
        let signs = auth.into_iter().map(|auth| {
            let (credential, added) = match auth {
                Auth::Sigv4(sigv4) => {
                    self.allow(url, &sigv4.credential, Scheme::SigV4, Some(&*sigv4.service))?;
                    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                    if !(1..=32).contains(&sigv4.region.len()) || !sigv4.region.chars().all(plain) {
                        return Err(FetchError::Invalid(format!(
                            "invalid region name `{}`",
                            crate::contract::escape_untrusted(&sigv4.region)
                        )));
                    }
                    let scope = Scope {
                        service: sigv4.service,
                        region: sigv4.region,
                    };
                    (sigv4.credential, Added::Signature(scope))
                }
                Auth::Bearer(name) => {
                    self.allow(url, &name, Scheme::Bearer, None)?;
                    (name, Added::Bearer)
                }
                Auth::Basic(name) => {
                    self.allow(url, &name, Scheme::Basic, None)?;
                    (name, Added::Basic)
                }
                Auth::Header(of) => {
                    self.allow(url, &of.credential, Scheme::Header, Some(&*of.header))?;
                    let header = HeaderName::from_bytes(of.header.as_bytes())
                        .map_err(|_| FetchError::Invalid("invalid header name".to_owned()))?;
                    (of.credential, Added::Header(header))
                }
                Auth::Query(of) => {
                    self.allow(url, &of.credential, Scheme::Query, Some(&*of.parameter))?;
                    (of.credential, Added::Parameter(of.parameter))
                }
            };
            Ok(Signs { credential, added })
        });
        signs.collect()
    }
}

/// Rejects a place of the request that two would write: credentials, or one of them and the plugin.
fn check_places(url: &Url, headers: &HeaderMap, signs: &[Signs]) -> Result<(), FetchError> {
    let twice = |what: &str| {
        Err(FetchError::Invalid(format!(
            "{what} is set twice, or beside a credential"
        )))
    };
    let signed = signs.iter().any(|signs| signs.scope().is_some());
    let mut seen = Vec::new();
    for signs in signs {
        let place = match &signs.added {
            Added::Signature(_) | Added::Bearer | Added::Basic => "authorization",
            Added::Header(header) if headers.contains_key(header) => {
                return twice("the header of a credential");
            }
            Added::Header(header) => header.as_str(),
            Added::Parameter(name) => {
                // A signature covers the query.
                if signed || url.query_pairs().any(|(other, _)| other == name.as_str()) {
                    return twice("the parameter of a credential");
                }
                name
            }
        };
        if seen.contains(&place) {
            return twice(place);
        }
        seen.push(place);
    }
    Ok(())
}
