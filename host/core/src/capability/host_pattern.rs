//! Host names with `*` for exactly one label.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The longest DNS name in text (RFC 1035, 2.3.4).
const MAX_NAME: usize = 253;
/// The longest label of a DNS name.
const MAX_LABEL: usize = 63;
/// The port of https.
const HTTPS: u16 = 443;

/// A host, or a family of hosts, and a port.
///
/// Written in canonical form: lower-case ASCII (`xn--...` for other scripts), no trailing dot, never an IP address.
/// `*` stands for exactly one label, within a domain that is named: `*.com` and `api.*.co.uk` would be anyone's hosts.
/// The default port is 443.
///
/// ```
/// use cloudhost::capability::HostPattern;
///
/// let ec2: HostPattern = "ec2.*.amazonaws.com".parse()?;
/// assert!(ec2.matches("ec2.eu-west-1.amazonaws.com", 443));
/// assert!(!ec2.matches("ec2.eu-west-1.amazonaws.com", 8443));
/// assert!(!ec2.matches("ec2.a.b.amazonaws.com", 443)); // one label, not two
/// assert!(!ec2.matches("ec2.amazonaws.com", 443)); // and not none
/// assert!(!ec2.matches("ec2.x.amazonaws.com.evil.test", 443));
///
/// assert!("Example.com".parse::<HostPattern>().is_err());
/// assert!("example.com.".parse::<HostPattern>().is_err());
/// assert!("ec2*.amazonaws.com".parse::<HostPattern>().is_err());
/// assert!("127.0.0.1".parse::<HostPattern>().is_err());
/// assert!("*.com".parse::<HostPattern>().is_err());
/// # Ok::<(), cloudhost::capability::HostPatternError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern {
    name: String,
    port: u16,
}

/// An invalid host pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid host `{pattern}`: {why}")]
pub struct HostPatternError {
    pattern: String,
    why: &'static str,
}

impl HostPattern {
    /// Reports whether the pattern covers this host on this port. The host must be canonical, as returned by
    /// `url::Url::host_str`.
    pub fn matches(&self, host: &str, port: u16) -> bool {
        port == self.port && self.matches_host(host)
    }

    /// Reports whether the pattern covers everything that the other one covers.
    pub fn covers(&self, other: &HostPattern) -> bool {
        // A `*` of the other one is covered only by a `*` here.
        self.matches(&other.name, other.port)
    }

    /// The domain under which the pattern covers any name: `example.com` of `*.example.com`. `None` for a single host,
    /// and for a pattern such as `api.*.example.com`, which fixes what is before the domain too.
    pub fn any_below(&self) -> Option<&str> {
        let (_, domain) = self.name.rsplit_once("*.")?;
        self.name.starts_with('*').then_some(domain)
    }

    /// Reports whether the pattern covers this host on any port: distinguishes "wrong port" from "wrong host".
    pub(crate) fn matches_host(&self, host: &str) -> bool {
        let mut have = host.split('.');
        for want in self.name.split('.') {
            match have.next() {
                // An empty label is a stray dot and belongs to no host.
                Some(label) if !label.is_empty() && (want == "*" || want == label) => {}
                _ => return false,
            }
        }
        have.next().is_none()
    }
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(pattern: &str) -> Result<Self, HostPatternError> {
        let fail = |why| HostPatternError {
            pattern: crate::contract::escape_untrusted(pattern),
            why,
        };
        if pattern.contains('/') {
            return Err(fail("expected a host, without https:// and path"));
        }
        let (name, port) = match pattern.split_once(':') {
            None => (pattern, HTTPS),
            Some((name, digits)) => match digits.parse::<u16>() {
                Ok(port) if port != 0 && port.to_string() == digits => (name, port),
                _ => return Err(fail("expected a port after `:`, 1 to 65535")),
            },
        };
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(fail("a name has 1 to 253 characters"));
        }
        for label in name.split('.') {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if label == "*" {
                continue;
            }
            if label.is_empty() {
                return Err(fail("it has two adjacent dots, or one at its start or end"));
            }
            if label.contains('*') {
                return Err(fail(
                    "`*` stands for a whole label, such as `api.*.example`",
                ));
            }
            if label.len() > MAX_LABEL || !label.chars().all(plain) {
                return Err(fail(
                    "a label has at most 63 of a-z, 0-9 and `-`; other scripts are written as xn--...",
                ));
            }
        }
        // The URL standard reads a host whose last label is a number as an IPv4 address.
        let last = name.rsplit('.').next().unwrap_or(name);
        if last.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(fail("it is an IP address; only names can be allowed"));
        }
        if let Some((_, domain)) = name.rsplit_once('*')
            && is_registrys(domain.trim_start_matches('.'))
        {
            return Err(fail(
                "it covers hosts of anyone: name the domain after `*`, such as `*.example.com`",
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            port,
        })
    }
}

/// Reports whether a registry sells names right below this domain, such as `com`, `co.uk` and `asso.fr`, by the public
/// suffix list (<https://publicsuffix.org>). Domains of hosting providers, which are on the list too, are not meant: the
/// user decides about these.
fn is_registrys(domain: &str) -> bool {
    let sold = |name: &str| {
        let suffix = psl::suffix(name.as_bytes());
        suffix.is_some_and(|suffix| {
            suffix.as_bytes().len() == name.len() && suffix.typ() != Some(psl::Type::Private)
        })
    };
    // The list has a rule for all names below some domains, such as `*.ck`.
    domain.is_empty() || sold(domain) || sold(&format!("x.{domain}"))
}

impl TryFrom<String> for HostPattern {
    type Error = HostPatternError;

    fn try_from(pattern: String) -> Result<Self, HostPatternError> {
        pattern.parse()
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.port != HTTPS {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("allowed.com", "allowed.com", 443, true)]
    #[case("allowed.com", "allowed.com", 8443, false)]
    #[case("allowed.com:8443", "allowed.com", 8443, true)]
    #[case("allowed.com:8443", "allowed.com", 443, false)]
    #[case("allowed.com", "allowed.com.evil.test", 443, false)]
    #[case("allowed.com", "evilallowed.com", 443, false)]
    #[case("allowed.com", "a.allowed.com", 443, false)]
    #[case("allowed.com", "allowed.com.", 443, false)]
    #[case("allowed.com", "", 443, false)]
    #[case("*.allowed.com", ".allowed.com", 443, false)]
    #[case("*.allowed.com", "a.allowed.com", 443, true)]
    #[case("*.allowed.com", "a.b.allowed.com", 443, false)]
    #[case("*.allowed.com", "allowed.com", 443, false)]
    #[case("api.*.allowed.com", "api.x.allowed.com", 443, true)]
    fn matching(
        #[case] pattern: &str,
        #[case] host: &str,
        #[case] port: u16,
        #[case] expected: bool,
    ) {
        let pattern: HostPattern = pattern.parse().unwrap();
        assert_eq!(pattern.matches(host, port), expected);
    }

    #[rstest]
    #[case("a.com", "a.com", true)]
    #[case("*.a.com", "b.a.com", true)]
    #[case("*.a.com", "*.a.com", true)]
    #[case("b.a.com", "*.a.com", false)]
    #[case("a.com", "b.com", false)]
    #[case("a.com", "a.com:8443", false)]
    fn covering(#[case] pattern: &str, #[case] other: &str, #[case] expected: bool) {
        let parsed = |text: &str| text.parse::<HostPattern>().unwrap();
        assert_eq!(parsed(pattern).covers(&parsed(other)), expected);
    }

    #[rstest]
    #[case::empty("")]
    #[case::upper_case("Allowed.com")]
    #[case::trailing_dot("allowed.com.")]
    #[case::leading_dot(".allowed.com")]
    #[case::two_dots("a..b")]
    #[case::part_of_a_label("a*.b")]
    #[case::two_stars("**.b")]
    #[case::scheme("https://a.b")]
    #[case::path("a.b/c")]
    #[case::userinfo("u@a.b")]
    #[case::other_script("аllowed.com")]
    #[case::control("a\n.b")]
    #[case::port_zero("a.b:0")]
    #[case::port_too_large("a.b:65536")]
    #[case::port_signed("a.b:+443")]
    #[case::port_missing("a.b:")]
    #[case::ipv4("10.0.0.1")]
    #[case::ipv4_as_number("2130706433")]
    #[case::ipv4_in_hex("0x7f.0x1")]
    #[case::ipv6("[::1]")]
    #[case::long_label(&"a".repeat(64))]
    #[case::long_name(&"a.".repeat(127))]
    #[case::all("*")]
    #[case::all_of_two("*.*")]
    #[case::all_of_three("*.*.*:8443")]
    #[case::top_level("*.com")]
    #[case::top_level_deeper("*.*.test")]
    #[case::name_in_any_domain("api.*.com")]
    #[case::any_top_level("example.*")]
    #[case::any_top_level_deeper("api.example.*")]
    #[case::of_a_country("*.uk")]
    #[case::registry_of_a_country("*.co.uk")]
    #[case::name_in_a_registry("api.*.com.cn")]
    #[case::of_a_public_service("*.nhs.uk")]
    #[case::of_a_prefecture("*.kyoto.jp")]
    #[case::of_a_city("api.*.kawasaki.jp")]
    #[case::of_associations("*.asso.fr")]
    #[case::other_script("*.xn--55qx5d.cn")]
    fn refused(#[case] pattern: &str) {
        assert!(pattern.parse::<HostPattern>().is_err(), "{pattern}");
    }

    #[rstest]
    #[case("example.com", None)]
    #[case("api.*.example.com", None)]
    #[case("*.example.com", Some("example.com"))]
    #[case("*.example.com:8443", Some("example.com"))]
    #[case("*.example.co.uk", Some("example.co.uk"))]
    #[case("*.s3.example.com", Some("s3.example.com"))]
    #[case("*.*.example.com", Some("example.com"))]
    #[case("*.api.*.example.com", Some("example.com"))]
    #[case("*.a.uk", Some("a.uk"))]
    fn domains_with_any_name(#[case] pattern: &str, #[case] expected: Option<&str>) {
        let pattern: HostPattern = pattern.parse().unwrap();
        assert_eq!(pattern.any_below(), expected);
    }

    proptest! {
        /// No pattern covers two hosts that share no domain.
        #[test]
        fn hosts_of_one_domain(
            pattern in "(\\*|[a-z]{1,3})(\\.(\\*|co|com|uk|[a-z]{1,3})){0,4}",
            name in "[a-z]{1,3}",
        ) {
            if let Ok(pattern) = pattern.parse::<HostPattern>() {
                let host = pattern.to_string().replace('*', &name);
                let other = pattern.to_string().replace('*', "other");
                prop_assert!(pattern.matches(&host, 443) && pattern.matches(&other, 443));
                let domain = |host: &str| host.rsplit('.').take(2).map(str::to_owned).collect::<Vec<_>>();
                prop_assert_eq!(domain(&host), domain(&other));
            }
        }

        /// A pattern without wildcard covers only the host that equals it.
        #[test]
        fn without_wildcard_only_itself(host in "[a-z]{1,4}(\\.[a-z]{1,4}){0,3}", other in "[a-z.]{1,12}") {
            let pattern: HostPattern = host.parse().unwrap();
            prop_assert!(pattern.matches(&host, 443));
            prop_assert_eq!(pattern.matches(&other, 443), other == host);
        }

        #[test]
        fn text_and_back(pattern in "(\\*\\.)?[a-z]{1,3}(\\.[a-z]{3}){1,3}(:[1-9][0-9]{0,3})?") {
            let parsed: HostPattern = pattern.parse().unwrap();
            prop_assert_eq!(parsed.to_string().parse::<HostPattern>().unwrap(), parsed);
        }
    }

    #[rstest]
    #[case("https://a.b/v1")]
    #[case("a.b/v1")]
    fn a_url_is_told_what_to_leave_out(#[case] pattern: &str) {
        let error = pattern.parse::<HostPattern>().unwrap_err();
        let told = "expected a host, without https:// and path";
        assert!(error.to_string().contains(told), "{error}");
    }
}
