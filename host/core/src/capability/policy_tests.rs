use super::*;
use rstest::rstest;
use std::time::Duration;

fn policy(hosts: &[&str]) -> Policy {
    let manifest = manifest(hosts);
    Policy::new(&manifest, &Grant::all_of(&manifest))
}

fn manifest(hosts: &[&str]) -> Manifest {
    Manifest::parse(&format!(
        "name = \"p\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\nhosts = {hosts:?}\n\
         [[credentials]]\nname = \"aws\"\nscheme = \"sigv4\"\nservices = [\"ec2\"]\n\
         hosts = [\"allowed.com\"]\n"
    ))
    .unwrap()
}

fn label(policy: &Policy, url: &str) -> &'static str {
    match Url::parse(url) {
        Err(_) => "not a url",
        Ok(url) => policy
            .allow_url(&url)
            .map_or_else(|denial| denial.label(), |()| "allowed"),
    }
}

/// Cases 13 to 15 of the hostile plugins: every way to write a host that looks like the allowed one.
#[rstest]
#[case("https://allowed.com/", "allowed")]
#[case("https://allowed.com:443/", "allowed")]
#[case("HTTPS://ALLOWED.COM/", "allowed")]
#[case("https://allowed%2ecom/", "allowed")] // the parser decodes it, and that is what is dialled
#[case("https://allowed.com\\@evil.test/", "allowed")] // `\` ends the host as `/` does
#[case("https://evil.test\\@allowed.com/", "denied.host")]
#[case("https://allo\twed.com/", "allowed")] // the parser drops tabs, and dials the rest
#[case("https://allowed.com.evil.test/", "denied.host")]
#[case("https://evilallowed.com/", "denied.host")]
#[case("https://allowed.com./", "denied.host")]
#[case("https://sub.allowed.com/", "denied.host")]
#[case("https://аllowed.com/", "denied.host")] // Cyrillic а becomes xn--...
#[case("https://allowed.com@evil.test/", "denied.userinfo")]
#[case("https://user:pw@allowed.com/", "denied.userinfo")]
#[case("https://allowed.com:8443/", "denied.port")]
#[case("https://allowed.com:80/", "denied.port")]
#[case("http://allowed.com/", "denied.scheme")]
#[case("http://allowed.com:443/", "denied.scheme")]
#[case("file:///etc/passwd", "denied.scheme")]
#[case("ftp://allowed.com/", "denied.scheme")]
#[case("ws://allowed.com/", "denied.scheme")]
#[case("data:text/plain,x", "denied.scheme")]
#[case("//allowed.com/", "not a url")]
#[case("https://", "not a url")]
#[case("https://allowed.com\0.evil.test/", "not a url")]
fn hosts(#[case] url: &str, #[case] expected: &str) {
    assert_eq!(label(&policy(&["allowed.com"]), url), expected, "{url}");
}

/// Cases 16 and 17: addresses in every form, and metadata services, against the widest possible grants.
#[rstest]
#[case("127.0.0.1")]
#[case("2130706433")]
#[case("0x7f.1")]
#[case("0x7f000001")]
#[case("0177.0.0.1")]
#[case("127.1")]
#[case("%31%32%37.0.0.1")]
#[case("127.0.0.1.")]
#[case("①②⑦.0.0.1")]
#[case("[::1]")]
#[case("[::ffff:127.0.0.1]")]
#[case("[64:ff9b::7f00:1]")]
#[case("0.0.0.0")]
#[case("0")]
#[case("10.0.0.1")]
#[case("8.8.8.8")]
#[case("169.254.169.254")]
#[case("[fd00:ec2::254]")]
#[case("metadata.google.internal")]
#[case("METADATA.google.internal")]
#[case("metadata.google.internal.")]
#[case("metadata.goog")]
#[case("metadata")]
#[case("instance-data.ec2.internal")]
#[case("localhost")]
#[case("x.localhost")]
fn addresses(#[case] host: &str) {
    let url = Url::parse(&format!("https://{host}/")).unwrap();
    // Granted by its name, as far as a pattern can name it.
    let named = url
        .host_str()
        .filter(|host| host.parse::<HostPattern>().is_ok());
    let hosts: Vec<&str> = named.into_iter().chain(["*.thing.example"]).collect();
    let widest = policy(&hosts);
    assert_eq!(label(&widest, url.as_str()), "denied.address", "{host}");
    assert_eq!(label(&widest, "https://any.thing.example/"), "allowed");
}

#[test]
fn a_denial_says_whose_paper_is_missing() {
    let asked = manifest(&["a.com", "b.com"]);
    let mut grant = Grant::all_of(&asked);
    grant.hosts.truncate(1);
    grant.hosts.push("c.com".parse().unwrap());
    let policy = Policy::new(&asked, &grant);
    let missing = |url: &str| match policy.allow_url(&Url::parse(url).unwrap()) {
        Ok(()) => None,
        Err(Denial::Host { missing, .. }) => Some(missing),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(missing("https://a.com/"), None);
    assert_eq!(missing("https://b.com/"), Some(DeniedBy::Grant));
    // Granted, but not requested: a grant of another version cannot widen this one.
    assert_eq!(missing("https://c.com/"), Some(DeniedBy::Manifest));
}

/// Cases 22 and 24.
#[rstest]
#[case("aws", Scheme::SigV4, Some("ec2"), "https://allowed.com/", None)]
#[case(
    "aws",
    Scheme::SigV4,
    Some("s3"),
    "https://allowed.com/",
    Some("service `s3`")
)]
#[case(
    "aws",
    Scheme::Bearer,
    None,
    "https://allowed.com/",
    Some("not for bearer")
)]
#[case(
    "aws",
    Scheme::SigV4,
    Some("ec2"),
    "https://other.com/",
    Some("not for host other.com")
)]
#[case(
    "aws",
    Scheme::SigV4,
    Some("ec2"),
    "https://allowed.com:444/",
    Some("not for host")
)]
#[case(
    "gcp",
    Scheme::SigV4,
    Some("ec2"),
    "https://allowed.com/",
    Some("manifest does not request")
)]
#[case(
    "../aws",
    Scheme::SigV4,
    Some("ec2"),
    "https://allowed.com/",
    Some("manifest does not request")
)]
#[case(
    "aws\n",
    Scheme::SigV4,
    Some("ec2"),
    "https://allowed.com/",
    Some("`aws\\n`")
)]
fn credentials(
    #[case] credential: &str,
    #[case] scheme: Scheme,
    #[case] service: Option<&str>,
    #[case] url: &str,
    #[case] refused: Option<&str>,
) {
    let wanted = Use {
        credential,
        scheme,
        place: service,
    };
    let policy = policy(&["allowed.com", "other.com"]);
    match (
        policy.allow_credential(&Url::parse(url).unwrap(), wanted),
        refused,
    ) {
        (Ok(()), None) => {}
        (Err(denial), Some(says)) => {
            assert_eq!(denial.label(), "denied.credential");
            assert!(denial.to_string().contains(says), "{denial}");
        }
        (other, _) => panic!("{other:?}"),
    }
}

#[test]
fn a_credential_needs_its_own_grant() {
    let asked = manifest(&["allowed.com"]);
    let mut grant = Grant::all_of(&asked);
    grant.credentials.clear();
    let denial = Policy::new(&asked, &grant)
        .allow_describe("aws")
        .unwrap_err();
    assert!(denial.to_string().contains("not granted"), "{denial}");
}

#[rstest]
#[case("https://allowed.com/x", Some(1_000))]
#[case("https://a.slow.com/", Some(12_000))]
#[case("https://b.slow.com/", Some(500))]
#[case("https://other.com/", None)]
#[case("https://slow.com/", None)]
fn rates(#[case] url: &str, #[case] milliseconds: Option<u64>) {
    let rate = |host: &str, requests: u32, seconds: u32| {
        format!("[[rates]]\nhost = {host:?}\nrequests = {requests}\nseconds = {seconds}\n")
    };
    let manifest = Manifest::parse(&format!(
        "name = \"p\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\n\
         hosts = [\"allowed.com\", \"other.com\", \"*.slow.com\"]\n{}{}{}",
        rate("allowed.com", 1, 1),
        rate("*.slow.com", 10, 5),
        rate("a.slow.com", 5, 60),
    ))
    .unwrap();
    // Also for a plugin with an empty grant.
    let policy = Policy::new(&manifest, &Grant::default());
    let spacing = policy.rate(&Url::parse(url).unwrap()).map(Rate::spacing);
    assert_eq!(spacing, milliseconds.map(Duration::from_millis));
}
