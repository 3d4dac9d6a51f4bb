//! The secret itself.

use super::super::CredentialsError;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// The longest token that is sent, in bytes: servers take headers of 8 KiB in all.
const MAX_BYTES: usize = 4096;

/// A bearer token. It is never shown, and overwritten in memory when dropped.
pub struct Token(SecretString);

impl Token {
    /// A token from text, without surrounding white space.
    ///
    /// # Errors
    /// [`CredentialsError::NotAToken`] if it is empty, has more than 4,096 bytes, or contains anything but visible
    /// ASCII: white space in the middle means that two things were pasted.
    pub fn new(text: String) -> Result<Self, CredentialsError> {
        let text = Zeroizing::new(text);
        Self::check(&text).map_err(|why| CredentialsError::NotAToken { why })
    }

    /// Checks the text; the error is only the reason.
    pub(super) fn check(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        if text.len() > MAX_BYTES {
            return Err(format!(
                "it has {} bytes, more than the limit of {MAX_BYTES}",
                text.len()
            ));
        }
        match text.chars().position(|c| !c.is_ascii_graphic()) {
            Some(at) => Err(format!(
                "character {} is a space, a control character or not ASCII",
                at + 1
            )),
            None => Ok(Self(SecretString::from(text))),
        }
    }

    /// The secret, for use in a request or a file and nowhere else.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("secret_key_0123.abc-DEF~+/==", true)]
    #[case::line_end("secret\r\n", true)]
    #[case::around(" \tsecret ", true)]
    #[case::longest(&"x".repeat(4096), true)]
    #[case::too_long(&"x".repeat(4097), false)]
    #[case::empty("", false)]
    #[case::blank(" \n", false)]
    #[case::two_words("secret other", false)]
    #[case::two_lines("secret\nother", false)]
    #[case::header("secret\r\nX-Other: 1", false)]
    #[case::nul("sec\0ret", false)]
    #[case::escape("sec\u{1b}[0mret", false)]
    #[case::delete("secret\u{7f}x", false)]
    #[case::other_script("sécret", false)]
    fn form(#[case] text: &str, #[case] accepted: bool) {
        match Token::new(text.to_owned()) {
            Ok(token) => {
                assert!(accepted);
                assert_eq!(token.expose(), text.trim());
                assert_eq!(format!("{token:?}"), "Token([redacted])");
            }
            Err(error) => {
                assert!(!accepted, "{error}");
                assert!(!error.to_string().contains("secret"), "{error}");
            }
        }
    }
}
