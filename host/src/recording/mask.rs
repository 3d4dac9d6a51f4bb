//! What may be secret in a URL or a header field, taken out of a recording.
//!
//! A plugin has no secret to put into a request, and what the host put there is not seen here. But a server can hand
//! out a URL that is signed, or a token of its own, which the plugin then sends. Names decide: what is masked is
//! masked in the recording and in what is looked up in it, so that the replay finds it.

use url::Url;

/// What stands in a value's place.
const MARK: &str = "[redacted]";

/// Ends of names that are secrets, signatures, or who signs; case and what is no letter or digit do not count.
const ENDS: [&str; 26] = [
    "accesskey",
    "accesskeyid",
    "accountkey",
    "apikey",
    "assertion",
    "authenticate",
    "authenticationinfo",
    "authkey",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "functionskey",
    "jwt",
    "keypairid",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "sharedkey",
    "signature",
    "signingkey",
    "subscriptionkey",
    "token",
];

/// Names that are one as a whole.
const WHOLE: [&str; 5] = ["auth", "code", "key", "pwd", "sig"];

/// Before `token`: it says where a list goes on, or that a request is the same one again. Masked, the requests for
/// two pages would be one.
const PLACES: [&str; 8] = [
    "client",
    "continuation",
    "cursor",
    "next",
    "page",
    "pagination",
    "skip",
    "start",
];

/// Header fields that are URLs.
const LINKS: [&str; 3] = ["content-location", "location", "referer"];

/// Whether the value of a parameter or a header field of this name may be secret.
fn secret(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    let place = name.strip_suffix("token");
    let place = place.is_some_and(|name| PLACES.iter().any(|place| name.ends_with(place)));
    !place && (WHOLE.contains(&name.as_str()) || ENDS.iter().any(|end| name.ends_with(end)))
}

/// The URL without what may be secret in its query.
pub(super) fn url(url: &Url) -> String {
    if !url.query_pairs().any(|(name, _)| secret(&name)) {
        return url.as_str().to_owned();
    }
    let mut masked = url.clone();
    let mut pairs = masked.query_pairs_mut();
    pairs.clear();
    for (name, value) in url.query_pairs() {
        let value = if secret(&name) { MARK } else { &value };
        pairs.append_pair(&name, value);
    }
    drop(pairs);
    masked.into()
}

/// The value of a header field, its name in lower case, without what may be secret.
pub(super) fn field(name: &str, value: &str) -> String {
    if secret(name) {
        return MARK.to_owned();
    }
    if !LINKS.contains(&name) {
        return value.to_owned();
    }
    if let Ok(link) = Url::parse(value) {
        return url(&link);
    }
    // Relative to whatever was asked.
    let base = Url::parse("https://host/");
    match base.and_then(|base| base.join(value)) {
        Ok(link) if link.query().is_some() => match url(&link).strip_prefix("https://host/") {
            Some(rest) => format!("/{rest}"),
            None => MARK.to_owned(),
        },
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none(
        "https://a.com/x?page=2&next_token=abc",
        "https://a.com/x?page=2&next_token=abc"
    )]
    #[case::kept_as_written("https://a.com/x?a=%2F+b", "https://a.com/x?a=%2F+b")]
    #[case::signed(
        "https://a.com/x?X-Amz-Date=1&X-Amz-Signature=abc&x-amz-security-token=d",
        "https://a.com/x?X-Amz-Date=1&X-Amz-Signature=%5Bredacted%5D&x-amz-security-token=%5Bredacted%5D"
    )]
    #[case::key("https://a.com/?key=abc&q=1", "https://a.com/?key=%5Bredacted%5D&q=1")]
    fn urls(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(url(&Url::parse(text).unwrap()), expected);
    }

    #[rstest]
    fn secrets(
        #[values(
            "access_token",
            "access-key",
            "AccessKeyId",
            "api-key",
            "api_key",
            "apikey",
            "auth",
            "auth_token",
            "Authentication-Info",
            "authorization",
            "client_assertion",
            "client_secret",
            "code",
            "cookie",
            "id_token",
            "jwt",
            "key",
            "Key-Pair-Id",
            "ocp-apim-subscription-key",
            "passwd",
            "password",
            "private-token",
            "Proxy-Authorization",
            "refresh_token",
            "secret",
            "session_token",
            "set-cookie",
            "sig",
            "signature",
            "token",
            "WWW-Authenticate",
            "x-amz-credential",
            "X-Amz-Security-Token",
            "x-amz-signature",
            "x-api-key",
            "x-auth-key",
            "x-auth-token",
            "x-csrf-token",
            "x-goog-api-key",
            "x-goog-credential",
            "x-goog-iam-authorization-token",
            "x-goog-signature",
            "x-ms-signature",
            "x-subject-token",
            "x-vault-token"
        )]
        name: &str,
    ) {
        assert!(secret(name));
    }

    #[rstest]
    fn no_secrets(
        #[values(
            "next_token",
            "NextToken",
            "pageToken",
            "page_token",
            "nextPageToken",
            "continuation-token",
            "$skiptoken",
            "ClientToken",
            "country_code",
            "statusCode",
            "keyword",
            "key_name",
            "monkey",
            "etag",
            "x-amz-date",
            "X-Amz-SignedHeaders",
            "x-request-id",
            "design",
            "author",
            "tokens",
            "marker",
            ""
        )]
        name: &str,
    ) {
        assert!(!secret(name));
    }

    #[rstest]
    #[case("x-auth-token", "abc", "[redacted]")]
    #[case("etag", "abc", "abc")]
    #[case(
        "location",
        "https://a.com/?sig=b",
        "https://a.com/?sig=%5Bredacted%5D"
    )]
    #[case("location", "/x/x?sig=b&a=1", "/x/x?sig=%5Bredacted%5D&a=1")]
    #[case("location", "/x/x?a=1", "/x/x?a=1")]
    #[case("location", "/x", "/x")]
    #[case("location", "//hostile.com/x?sig=b", "[redacted]")]
    #[case("x-link", "/x?sig=b", "/x?sig=b")]
    fn fields(#[case] name: &str, #[case] value: &str, #[case] expected: &str) {
        assert_eq!(field(name, value), expected);
    }
}
