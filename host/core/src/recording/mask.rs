//! Masking of possible secrets in the URLs and headers of a recording.
//!
//! A plugin has no secret to put into a request, and the host's own credentials are not seen here. But a server can
//! return a signed URL, or a token of its own, which the plugin then sends. Names decide. A masked value is masked in
//! the recording and in lookups, so that the replay finds it.
//!
//! A value becomes 6 bytes of its BLAKE3, salted for each recording. Requests that differ only in such a value, such as
//! two pages whose number is called `token`, stay distinct, and equal values of two recordings look different. A number
//! in order of appearance would reveal nothing at all, but a replay could not tell which value has which number.
//!
//! The 6 bytes reveal nothing about a value that cannot be guessed, because countless values share them. A guess, such
//! as a short password, can be verified against them: the salt is in the recording, because the replay needs it. An
//! empty value hides nothing and stays. So does a value that is already masked, which a replay returns and a plugin
//! repeats.

use url::Url;

/// Text around the digits of a masked value.
const MARK: [&str; 2] = ["[redacted-", "]"];

/// Bytes of the digest, as two digits each: in a recording of 10,000 values two are equal with a probability of 2 in 10
/// million.
const BYTES: usize = 6;

/// Suffixes of names of secrets, signatures and signers. Case, and all but letters and digits, are ignored.
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

/// Names of secrets that must match as a whole.
const WHOLE: [&str; 5] = ["auth", "code", "key", "pwd", "sig"];

/// Prefixes of `token` that mark the position in a list, or a repeated request. If they were masked, the requests for
/// two pages would be equal.
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

/// Headers that are URLs.
const LINKS: [&str; 3] = ["content-location", "location", "referer"];

/// Decides by the name if the value of a parameter or a header may be secret.
fn secret(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    let place = name.strip_suffix("token");
    let place = place.is_some_and(|name| PLACES.iter().any(|place| name.ends_with(place)));
    !place && (WHOLE.contains(&name.as_str()) || ENDS.iter().any(|end| name.ends_with(end)))
}

/// Masks the values of one recording.
#[derive(Clone, Debug)]
pub(crate) struct Mask(blake3::Hasher);

impl Mask {
    /// Uses this recording's salt.
    pub(crate) fn new(salt: &str) -> Self {
        let mut salted = blake3::Hasher::new();
        // The length separates salt and value.
        salted.update(&salt.len().to_le_bytes());
        salted.update(salt.as_bytes());
        Self(salted)
    }

    fn value(&self, value: &str) -> String {
        let [before, after] = MARK;
        let digits = value.strip_prefix(before);
        let digits = digits.and_then(|rest| rest.strip_suffix(after));
        let masked = digits.is_some_and(|digits| {
            let digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
            digits.len() == 2 * BYTES && digits.chars().all(digit)
        });
        if masked || value.is_empty() {
            return value.to_owned();
        }
        let digest = self.0.clone().update(value.as_bytes()).finalize();
        let digits: String = digest.to_hex().chars().take(2 * BYTES).collect();
        format!("{before}{digits}{after}")
    }

    /// Masks the parameters of a URL's query that may be secret.
    pub(crate) fn url(&self, url: &Url) -> String {
        if !url.query_pairs().any(|(name, _)| secret(&name)) {
            return url.as_str().to_owned();
        }
        let mut masked = url.clone();
        let mut pairs = masked.query_pairs_mut();
        pairs.clear();
        for (name, value) in url.query_pairs() {
            match secret(&name) {
                true => pairs.append_pair(&name, &self.value(&value)),
                false => pairs.append_pair(&name, &value),
            };
        }
        drop(pairs);
        masked.into()
    }

    /// Masks the value of a header, whose name is in lower case, if it may be secret.
    pub(crate) fn field(&self, name: &str, value: &str) -> String {
        if secret(name) {
            return self.value(value);
        }
        if !LINKS.contains(&name) {
            return value.to_owned();
        }
        if let Ok(link) = Url::parse(value) {
            return self.url(&link);
        }
        // Relative to any request.
        let base = Url::parse("https://host/");
        match base.and_then(|base| base.join(value)) {
            Ok(link) if link.query().is_some() => {
                match self.url(&link).strip_prefix("https://host/") {
                    Some(rest) => format!("/{rest}"),
                    None => self.value(value),
                }
            }
            _ => value.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Replaces the digits of each mark by `...`, including the form in a URL.
    fn shown(text: &str) -> String {
        let mut parts = text.split("redacted-");
        let mut shown = parts.next().unwrap().to_owned();
        for part in parts {
            let (digits, rest) = part.split_at(2 * BYTES);
            assert!(digits.chars().all(|c| c.is_ascii_hexdigit()), "{text}");
            shown += &format!("redacted-...{rest}");
        }
        shown
    }

    #[rstest]
    #[case::none(
        "https://a.com/x?page=2&next_token=abc",
        "https://a.com/x?page=2&next_token=abc"
    )]
    #[case::kept_as_written("https://a.com/x?a=%2F+b", "https://a.com/x?a=%2F+b")]
    #[case::signed(
        "https://a.com/x?X-Amz-Date=1&X-Amz-Signature=abc&x-amz-security-token=d",
        "https://a.com/x?X-Amz-Date=1&X-Amz-Signature=%5Bredacted-...%5D&x-amz-security-token=%5Bredacted-...%5D"
    )]
    #[case::key(
        "https://a.com/?key=abc&q=1",
        "https://a.com/?key=%5Bredacted-...%5D&q=1"
    )]
    #[case::empty("https://a.com/?token=&q=1", "https://a.com/?token=&q=1")]
    fn urls(#[case] text: &str, #[case] expected: &str) {
        let mask = Mask::new("salt");
        let masked = mask.url(&Url::parse(text).unwrap());
        assert_eq!(shown(&masked), expected);
        assert_eq!(
            mask.url(&Url::parse(&masked).unwrap()),
            masked,
            "masked again"
        );
    }

    #[test]
    fn values_are_told_apart_and_not_told() {
        let mask = Mask::new("salt");
        let [one, two] = ["one", "two"].map(|value| mask.value(value));
        assert_ne!(one, two);
        assert_eq!(
            (one.as_str(), mask.value(&one)),
            ("[redacted-f3129c1d60d7]", one.clone())
        );
        assert_ne!(Mask::new("other").value("one"), one);
        assert_ne!(Mask::new("salto").value("ne"), one);
        // Text that only resembles a mark is a value.
        for value in [
            "[redacted]",
            "[redacted-]",
            "[redacted-0123456789AB]",
            "[redacted-0123456789abc]",
        ] {
            assert_ne!(mask.value(value), value);
        }
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
    #[case("x-auth-token", "abc", "[redacted-...]")]
    #[case("etag", "abc", "abc")]
    #[case(
        "location",
        "https://a.com/?sig=b",
        "https://a.com/?sig=%5Bredacted-...%5D"
    )]
    #[case("location", "/x/x?sig=b&a=1", "/x/x?sig=%5Bredacted-...%5D&a=1")]
    #[case("location", "/x/x?a=1", "/x/x?a=1")]
    #[case("location", "/x", "/x")]
    #[case("location", "//hostile.com/x?sig=b", "[redacted-...]")]
    #[case("x-link", "/x?sig=b", "/x?sig=b")]
    fn fields(#[case] name: &str, #[case] value: &str, #[case] expected: &str) {
        let mask = Mask::new("salt");
        let masked = mask.field(name, value);
        assert_eq!(shown(&masked), expected);
        assert_eq!(mask.field(name, &masked), masked, "masked again");
    }
}
