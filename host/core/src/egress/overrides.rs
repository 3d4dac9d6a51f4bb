//! The user's own endpoint in place of the cloud's.
//!
//! Only this module lets a request go to an address that its name does not resolve to, to one of this machine or a
//! private network, or without TLS: by the user's setting. A plugin cannot request it. A setting that the user made for
//! the tools of one cloud is for the hosts of that cloud: a plugin that names others does not reach it.

use super::{FetchError, Shared};
use crate::capability::Denial;
use crate::credentials::{CredentialsError, Endpoint, EndpointSetting};
use std::net::Ipv4Addr;
use url::{Host, Url};

/// Checks that a URL can replace a cloud's endpoint.
pub(super) fn check(url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{}:` is neither http nor https", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it carries a user name or a password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it carries a query or a fragment".to_owned());
    }
    Ok(())
}

/// Checks that the endpoint given for a plugin by name may get its credential.
pub(super) fn check_given(shared: &Shared, plugin: &str) -> Result<(), FetchError> {
    given(shared, plugin).map_or(Ok(()), |endpoint| guarded(endpoint, true).map(drop))
}

/// The override that the user gave for a plugin by name.
pub(super) fn given(shared: &Shared, plugin: &str) -> Option<Endpoint> {
    let url = shared.config.endpoints.get(plugin)?;
    Some(Endpoint {
        url: url.clone(),
        setting: EndpointSetting::Given(plugin.to_owned()),
        hosts: None,
    })
}

/// The override for a request of a plugin: the one given for the plugin by name, then the one in the credential's
/// settings for the service.
pub(super) fn find(
    shared: &Shared,
    plugin: &str,
    real: &Url,
    signs: Option<(&str, &str)>,
) -> Result<Option<Endpoint>, FetchError> {
    if let Some(endpoint) = given(shared, plugin) {
        // A signer is checked here; a token by `connect_to`.
        return guarded(endpoint, signs.is_some()).map(Some);
    }
    let Some((credential, service)) = signs else {
        return Ok(None);
    };
    let Some(endpoint) = of_service(shared, credential, service)? else {
        return Ok(None);
    };
    let host = real.host_str().unwrap_or_default();
    if !endpoint.serves(host) {
        return Err(Denial::Endpoint {
            host: host.to_owned(),
            setting: endpoint.setting.to_string(),
        }
        .into());
    }
    Ok(Some(endpoint))
}

/// The override in the credential's settings for a service.
pub(super) fn of_service(
    shared: &Shared,
    credential: &str,
    service: &str,
) -> Result<Option<Endpoint>, FetchError> {
    let Some(endpoint) = shared.credentials.endpoint(credential, service)? else {
        return Ok(None);
    };
    check(&endpoint.url).map_err(|why| CredentialsError::Endpoint {
        setting: endpoint.setting.clone(),
        why,
    })?;
    guarded(endpoint, true).map(Some)
}

/// A credential requires TLS, except to this machine, where no other machine sees the traffic.
pub(super) fn guarded(endpoint: Endpoint, with_credential: bool) -> Result<Endpoint, FetchError> {
    let url = &endpoint.url;
    if with_credential && url.scheme() == "http" && !is_loopback(url) {
        return Err(CredentialsError::Endpoint {
            why: format!(
                "{} would get a credential without TLS",
                url.origin().ascii_serialization()
            ),
            setting: endpoint.setting,
        }
        .into());
    }
    Ok(endpoint)
}

/// The URL to connect to for a real URL: the override's scheme, host, port and path, then the real path and query.
pub(super) fn connect_to(
    endpoint: &Endpoint,
    real: &Url,
    with_credential: bool,
) -> Result<Url, FetchError> {
    let mut url = guarded(endpoint.clone(), with_credential)?.url;
    let path = format!("{}{}", url.path().trim_end_matches('/'), real.path());
    url.set_path(&path);
    url.set_query(real.query());
    Ok(url)
}

/// `localhost` (which the resolver here never looks up), 127.0.0.0/8 and ::1.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback()
                || address
                    .to_ipv4_mapped()
                    .is_some_and(|v4: Ipv4Addr| v4.is_loopback())
        }
        None => false,
    }
}

/// RFC 6761: this name and those under it mean this machine.
pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("http://127.0.0.1:5000", true)]
    #[case("http://localhost", true)]
    #[case("http://aws.localhost:4566", true)]
    #[case("http://[::1]:5000", true)]
    #[case("https://10.0.0.1", true)]
    #[case("https://vpce.example", true)]
    #[case("http://10.0.0.1", false)]
    #[case("http://moto:5000", false)]
    #[case("http://localhost.evil.test", false)]
    #[case("http://notlocalhost", false)]
    #[case("http://0.0.0.0", false)]
    fn credentials_go_over_tls_or_stay_here(#[case] url: &str, #[case] accepted: bool) {
        let endpoint = Endpoint {
            url: Url::parse(url).unwrap(),
            setting: EndpointSetting::Named("X".to_owned()),
            hosts: None,
        };
        let real = Url::parse("https://ec2.eu-west-1.amazonaws.com/").unwrap();
        assert_eq!(connect_to(&endpoint, &real, true).is_ok(), accepted);
        assert_eq!(guarded(endpoint.clone(), true).is_ok(), accepted);
        assert!(connect_to(&endpoint, &real, false).is_ok());
    }

    #[rstest]
    #[case(
        "http://127.0.0.1:1",
        "https://a.com/x?y=1",
        "http://127.0.0.1:1/x?y=1"
    )]
    #[case("http://127.0.0.1:1/pre/", "https://a.com/", "http://127.0.0.1:1/pre/")]
    #[case(
        "https://b.com/pre",
        "https://a.com/x%2Fy?q=%20",
        "https://b.com/pre/x%2Fy?q=%20"
    )]
    fn the_prefix_comes_first(#[case] over: &str, #[case] real: &str, #[case] expected: &str) {
        let endpoint = Endpoint {
            url: Url::parse(over).unwrap(),
            setting: EndpointSetting::Named(String::new()),
            hosts: None,
        };
        let url = connect_to(&endpoint, &Url::parse(real).unwrap(), true).unwrap();
        assert_eq!(url.as_str(), expected);
    }

    #[rstest]
    #[case("ftp://a.com")]
    #[case("http://u:p@a.com")]
    #[case("http://a.com/?x")]
    fn refused(#[case] url: &str) {
        assert!(check(&Url::parse(url).unwrap()).is_err());
    }
}
