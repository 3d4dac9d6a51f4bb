//! Advice beside an error, kept apart from its message.

use crate::contract::{AmountError, ContractError, newest};
use cloudhost_files::Fix;
use cloudhost_files::output::OutputError;
use std::path::Path;

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

/// Advice about a file or folder, with the option that names another one.
pub(crate) fn fix(fix: &Fix, option: &str) -> String {
    let other = format!("or use another folder with {option} DIR");
    match fix {
        Fix::Elsewhere => format!("use another folder with {option} DIR"),
        Fix::RealPath => format!("give the real path of the folder with {option} DIR"),
        Fix::ShorterPath => format!("give a folder with a shorter name with {option} DIR"),
        Fix::Remove(path) => format!("rm {}, {other}", quoted(path)),
        Fix::MoveAway(path) => format!("mv {} elsewhere, {other}", quoted(path)),
        Fix::MakeWritable(path) => format!("chmod u+rwX {}, {other}", quoted(path)),
        Fix::DenyOthers(path) => format!("chmod go-w {}", quoted(path)),
        Fix::MakeRoom(path) => format!("make room: df -h {}, {other}", quoted(path)),
        Fix::Inspect(path) => format!("see: ls -ld {}, {other}", quoted(path)),
        Fix::Wait(path) => format!("wait for it; `fuser -v {}` says which it is", quoted(path)),
        Fix::AllowLargerFiles => "allow larger files: ulimit -f unlimited".to_owned(),
        Fix::Discard(path) => format!("look at the files, then: rm -r {}", quoted(path)),
        Fix::RunAgain { stage, first } => {
            let first = first.as_ref().map(|first| self::fix(first, option));
            format!(
                "mend the cause and run again, which puts the earlier files back from {}{}",
                quoted(stage),
                first.map(|first| format!("; {first}")).unwrap_or_default()
            )
        }
    }
}

impl Hint for OutputError {
    fn hint(&self) -> Option<String> {
        self.fix().map(|fix| self::fix(&fix, "--output-dir"))
    }
}

impl Hint for ContractError {
    fn hint(&self) -> Option<String> {
        Some(match self.newer {
            true => "update cloudhost".to_owned(),
            false => format!(
                "ask the plugin's author to rebuild it with cloudhost-sdk {}",
                newest()
            ),
        })
    }
}

impl Hint for AmountError {
    fn hint(&self) -> Option<String> {
        Some("write it as 2.50, in US dollars, or with another currency as \"18.5 CNY\"".into())
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a/b-c.d", "a/b-c.d")]
    #[case("a b", "'a b'")]
    #[case("it's", r"'it'\''s'")]
    #[case("", "''")]
    fn quoting(#[case] path: &str, #[case] expected: &str) {
        assert_eq!(quoted(Path::new(path)), expected);
    }
}
