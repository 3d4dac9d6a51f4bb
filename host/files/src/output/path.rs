//! Paths of generated files.

/// Longest path, and longest component, of a generated file. Linux allows 4,096 and 255; the rest is for the output
/// directory.
const MAX_PATH: usize = 1024;
const MAX_COMPONENT: usize = 200;

/// Returns the reason that `path` is not valid for a generated file below an output directory.
pub fn path_fault(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("it is empty");
    }
    if path.len() > MAX_PATH {
        return Some("it is longer than 1024 bytes");
    }
    if path.starts_with('/') {
        return Some("it is absolute");
    }
    path.split('/').find_map(|component| {
        if component.is_empty() {
            Some("a component is empty")
        } else if component.starts_with('.') {
            Some("a component begins with a dot")
        } else if component.len() > MAX_COMPONENT {
            Some("a component is longer than 200 bytes")
        } else if !component
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        {
            Some("only A-Z, a-z, 0-9, dot, underscore and hyphen are allowed in a component")
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::path_fault;
    use rstest::rstest;

    #[rstest]
    #[case("Kconfig", true)]
    #[case("instance-types/Kconfig.m7i-flex.generated", true)]
    #[case("a/b/c", true)]
    #[case("a..b", true)]
    #[case("", false)]
    #[case("/etc/passwd", false)]
    #[case("../x", false)]
    #[case("a/../b", false)]
    #[case("a/./b", false)]
    #[case("a//b", false)]
    #[case("a/", false)]
    #[case(".config", false)]
    #[case("a/.git/config", false)]
    #[case("a b", false)]
    #[case("a\\b", false)]
    #[case("a*", false)]
    #[case("a$HOME", false)]
    #[case("a\nb", false)]
    #[case("ä", false)]
    fn paths(#[case] path: &str, #[case] good: bool) {
        assert_eq!(path_fault(path).is_none(), good);
    }

    #[test]
    fn the_longest_path() {
        assert_eq!(path_fault(&"a".repeat(200)), None);
        assert!(path_fault(&"a".repeat(201)).is_some());
        assert!(path_fault(&"a/".repeat(600)).is_some());
    }
}
