//! Hints about files and directories.

use crate::quote::quoted;
use cloudhost::{FilePurpose, Fix};
use std::path::Path;

/// What to do about a file or folder, with the option that names another one.
pub fn hint(fix: &Fix, purpose: FilePurpose) -> String {
    let (another, option) = match purpose {
        FilePurpose::AuditLog => ("file", "--audit-log FILE"),
        FilePurpose::Cache => ("folder", "--cache-dir DIR"),
        FilePurpose::Output => ("folder", "--output-dir DIR"),
        FilePurpose::Plugins => ("folder", "--plugin-dir DIR"),
        FilePurpose::Recording => ("file", "--record FILE"),
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
        Fix::RealPath => format!("give the real path of the folder{with}"),
        Fix::ShorterPath => format!("give a folder with a shorter name{with}"),
        Fix::Remove(path) => format!("rm {}{other}", quoted(path)),
        Fix::MoveAway(path) => format!("mv {} elsewhere{other}", quoted(path)),
        Fix::MakeWritable(path) => format!("chmod u+rwX {}{other}", quoted(path)),
        Fix::DenyOthers(path) => format!("chmod go-w {}", quoted(path)),
        Fix::MakePrivate(path) => format!("chmod 600 {}", quoted(path)),
        Fix::MakeRoom(path) => format!("make room: df -h {}{other}", quoted(path)),
        Fix::Inspect(path) => format!("see: ls -ld {}{other}", quoted(path)),
        Fix::Wait(path) => format!("wait for it; `fuser -v {}` says which it is", quoted(path)),
        Fix::AllowLargerFiles => "allow larger files: ulimit -f unlimited".to_owned(),
        Fix::Discard(path) => format!("look at the files, then: rm -r {}", quoted(path)),
        Fix::RunAgain { stage, first } => {
            let first = first.as_ref().map(|first| hint(first, purpose));
            format!(
                "mend the cause and run again, which puts the earlier files back from {}{}",
                quoted(stage),
                first.map(|first| format!("; {first}")).unwrap_or_default()
            )
        }
    }
}

/// Others can have written what is there: `chmod` alone would make that look good.
pub fn untrusted(path: &Path, purpose: FilePurpose) -> String {
    let path = quoted(path);
    let again = match purpose {
        FilePurpose::Plugins => ", and install again what you had",
        _ => "",
    };
    format!(
        "others can have changed it: start over with mv {path} {path}.others{again}; or look at it, and where all of \
         it is yours: chmod go-w {path}"
    )
}
