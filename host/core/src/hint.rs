//! Advice beside an error, kept apart from its message.

use std::path::{Path, PathBuf};

/// What a person can do about an error.
///
/// ```
/// use cloudhost::Hint as _;
/// use cloudhost::host::{Host, HostConfig};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let host = Host::new(HostConfig::new(folder.path()))?;
/// let error = host.provider("no-such-cloud").await.unwrap_err();
/// println!("error: {error}");
/// assert_eq!(error.hint().as_deref(), Some("cloudhost plugin list"));
/// # Ok(())
/// # }
/// ```
pub trait Hint {
    /// A command or a line that can be pasted, or a short instruction; `None` where there is nothing better
    /// to say than the message itself.
    fn hint(&self) -> Option<String>;
}

/// A path to paste into a shell.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Of a path that should be a folder, the first part that is there and is none: what a message has to name.
pub(crate) fn in_the_way(path: &Path) -> Option<PathBuf> {
    let parts: Vec<&Path> = path.ancestors().collect();
    let stands = |part: &&&Path| part.symlink_metadata().is_ok() && !part.is_dir();
    parts
        .iter()
        .rev()
        .find(stands)
        .map(|part| part.to_path_buf())
}

/// The last part of a path that can be seen: what has other rights, where the path itself is not there.
pub(crate) fn last_seen(path: &Path) -> PathBuf {
    let mut parts = path.ancestors();
    let seen = parts.find(|part| part.symlink_metadata().is_ok());
    seen.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("file", Some("file"), "file")]
    #[case("file/sub/more", Some("file"), "file")]
    #[case("folder", None, "folder")]
    #[case("folder/sub", None, "folder")]
    #[case("folder/nowhere", Some("folder/nowhere"), "folder/nowhere")]
    #[case("folder/nowhere/x", Some("folder/nowhere"), "folder/nowhere")]
    fn parts_of_a_path(#[case] path: &str, #[case] stands: Option<&str>, #[case] seen: &str) {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        std::fs::write(at("file"), "").unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        std::os::unix::fs::symlink("gone", at("folder/nowhere")).unwrap();
        assert_eq!(in_the_way(&at(path)), stands.map(at));
        assert_eq!(last_seen(&at(path)), at(seen));
    }

    #[test]
    fn a_relative_path_is_seen_in_this_folder() {
        assert_eq!(
            last_seen(Path::new("there-is-no-such-file")),
            Path::new(".")
        );
        assert_eq!(in_the_way(Path::new("there-is-no-such-file")), None);
    }

    #[rstest]
    #[case("a/b-c.d", "a/b-c.d")]
    #[case("a b", "'a b'")]
    #[case("it's", r"'it'\''s'")]
    #[case("", "''")]
    fn quoting(#[case] path: &str, #[case] expected: &str) {
        assert_eq!(quoted(Path::new(path)), expected);
    }
}
