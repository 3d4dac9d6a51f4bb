//! Hints about files and directories.

use crate::quote::quoted;
use cloudhost::{FilePurpose, Fix};
use std::path::Path;

/// Hint for a file or directory, with the option that selects a different one.
pub fn hint(fix: &Fix, purpose: FilePurpose) -> String {
    let (another, option) = match purpose {
        FilePurpose::AuditLog => ("file", "--audit-log FILE"),
        FilePurpose::Cache => ("directory", "--cache-dir DIR"),
        FilePurpose::Output => ("directory", "--output-dir DIR"),
        FilePurpose::Plugins => ("directory", "--plugin-dir DIR"),
        FilePurpose::Recording => ("file", "--record FILE"),
        FilePurpose::State => ("directory", "--state-dir DIR"),
        FilePurpose::Secret => ("file", "--seal-file FILE"),
        _ => ("file", ""),
    };
    let other = match option {
        "" => String::new(),
        option => format!(", or use another {another} with {option}"),
    };
    let with = match option {
        "" => String::new(),
        option => format!(" with {option}"),
    };
    match fix {
        Fix::Elsewhere => format!("use another {another}{with}"),
        Fix::RealPath => format!("give the real path of the directory{with}"),
        Fix::ShorterPath => format!("give a directory with a shorter name{with}"),
        Fix::Remove(path) => format!("rm {}{other}", quoted(path)),
        Fix::MoveAway(path) => format!("mv {} elsewhere{other}", quoted(path)),
        Fix::MakeWritable(path) => format!("chmod u+rwX {}{other}", quoted(path)),
        Fix::DenyOthers(path) => format!("chmod go-w {}", quoted(path)),
        Fix::MakePrivate(path) => format!("chmod 600 {}", quoted(path)),
        Fix::MountPrivate(path) => format!(
            "have {} mounted with mode 0440 and a group of this process (Kubernetes: `defaultMode: 0440` and `fsGroup`)",
            quoted(path)
        ),
        Fix::MakeRoom(path) => format!("make room: df -h {}{other}", quoted(path)),
        Fix::Inspect(path) => format!("see: ls -ld {}{other}", quoted(path)),
        Fix::Search(path) => format!("check the name: ls {}", quoted(path)),
        Fix::Wait(path) => format!("wait for it; `fuser -v {}` shows the process", quoted(path)),
        Fix::AllowLargerFiles => "allow larger files: ulimit -f unlimited".to_owned(),
        Fix::Discard(path) => format!("look at the files, then: rm -r {}", quoted(path)),
        Fix::RunAgain { stage, first } => {
            let first = first.as_ref().map(|first| hint(first, purpose));
            format!(
                "fix the cause and run again, which restores the earlier files from {}{}",
                quoted(stage),
                first.map(|first| format!("; {first}")).unwrap_or_default()
            )
        }
    }
}

/// Other users can have written the content: `chmod` alone would hide that.
pub fn untrusted(path: &Path, purpose: FilePurpose) -> String {
    let path = quoted(path);
    let again = match purpose {
        FilePurpose::Plugins => ", and reinstall your plugins",
        _ => "",
    };
    format!(
        "other users can have changed it: start over with mv {path} {path}.others{again}; or inspect it, and if all of \
         it is yours: chmod go-w {path}"
    )
}
