//! Existing parts of a path, for errors that name them.

use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// Finds the first existing part of a directory's path that is not a directory, for the message.
pub fn in_the_way(path: &Path) -> Option<PathBuf> {
    let parts: Vec<&Path> = path.ancestors().collect();
    let stands = |part: &&&Path| part.symlink_metadata().is_ok() && !part.is_dir();
    parts
        .iter()
        .rev()
        .find(stands)
        .map(|part| part.to_path_buf())
}

/// Finds the last existing part of a path, whose permissions decide if the path itself does not exist.
pub fn last_seen(path: &Path) -> PathBuf {
    let mut parts = path.ancestors();
    let seen = parts.find(|part| part.symlink_metadata().is_ok());
    seen.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Returns true if this user can move or change what stands there: it is the user's own, and no device.
pub fn is_ours(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| {
        let kind = metadata.file_type();
        metadata.uid() == rustix::process::geteuid().as_raw()
            && !kind.is_char_device()
            && !kind.is_block_device()
    })
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

    /// Neither a device nor what belongs to someone else is to be moved or changed.
    #[test]
    fn what_is_ours() {
        let root = tempfile::tempdir().unwrap();
        assert!(is_ours(root.path()));
        assert!(!is_ours(Path::new("/dev/null")));
        assert!(!is_ours(&root.path().join("nothing")));
        let is_root = rustix::process::geteuid().is_root();
        assert_eq!(is_ours(Path::new("/")), is_root);
    }

    #[test]
    fn a_relative_path_is_seen_in_this_folder() {
        assert_eq!(
            last_seen(Path::new("there-is-no-such-file")),
            Path::new(".")
        );
        assert_eq!(in_the_way(Path::new("there-is-no-such-file")), None);
    }
}
