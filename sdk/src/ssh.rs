//! Public SSH keys in OpenSSH's form.

/// A public key in OpenSSH's form, without its comment, which can be the name of a person.
///
/// ```
/// use cloudhost_sdk::ssh::PublicKey;
///
/// let text = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJabcdefghijklmnop me@home";
/// let key = PublicKey::parse(text).unwrap();
/// assert_eq!(key.text(), "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJabcdefghijklmnop");
/// assert_eq!(key.name(), "cloudhost-abcdefghijklmnop");
/// assert!(PublicKey::parse("the name of a key").is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey<'t> {
    algorithm: &'t str,
    blob: &'t str,
}

impl<'t> PublicKey<'t> {
    /// Parses a key; `None` for anything else, such as the name of a key that the cloud has.
    pub fn parse(text: &'t str) -> Option<PublicKey<'t>> {
        let mut words = text.split_ascii_whitespace();
        let (algorithm, blob) = (words.next()?, words.next()?);
        let known = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-sha2-"];
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        let is_key = known.iter().any(|start| algorithm.starts_with(start))
            && blob.starts_with("AAAA")
            && blob.len() >= 32
            && blob.chars().all(legal);
        is_key.then_some(PublicKey { algorithm, blob })
    }

    /// Returns the algorithm, such as `ssh-ed25519`.
    pub fn algorithm(&self) -> &'t str {
        self.algorithm
    }

    /// Returns the key without its comment.
    pub fn text(&self) -> String {
        format!("{} {}", self.algorithm, self.blob)
    }

    /// Returns a name for it, made of the end of the key, so that it is the same wherever the key is stored, and another for
    /// each key.
    pub fn name(&self) -> String {
        let legal: Vec<char> = self
            .blob
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let end: String = legal.iter().skip(legal.len().saturating_sub(16)).collect();
        format!("cloudhost-{end}")
    }

    /// Returns true if a text is the same key, whatever its comment.
    pub fn is(&self, text: &str) -> bool {
        PublicKey::parse(text).as_ref() == Some(self)
    }
}
