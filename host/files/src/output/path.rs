//! Paths of generated files.

/// Longest path, and longest component, of a generated file. Linux allows 4,096 and 255; the rest is for the output
/// directory.
const MAX_PATH: usize = 1024;
const MAX_COMPONENT: usize = 200;
/// Beginning of each file's name, which only Kconfig looks for: no Makefile, no .envrc, no main.tf, no hook.
const NAME: &str = "Kconfig";

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
    let fault = path.split('/').find_map(|component| {
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
    });
    let name = path.rsplit('/').next().unwrap_or_default();
    fault.or_else(|| (!name.starts_with(NAME)).then_some("its name does not begin with Kconfig"))
}

#[cfg(test)]
mod tests {
    use super::path_fault;
    use rstest::rstest;

    #[rstest]
    #[case("Kconfig", true)]
    #[case("instance-types/Kconfig.m7i-flex.generated", true)]
    #[case("a/b/Kconfig", true)]
    #[case("Kconfig..b", true)]
    #[case("Makefile", false)]
    #[case("Kconfig/Makefile", false)]
    #[case("kconfig", false)]
    #[case("", false)]
    #[case("/etc/passwd", false)]
    #[case("../Kconfig", false)]
    #[case("a/../Kconfig", false)]
    #[case("a/./Kconfig", false)]
    #[case("a//Kconfig", false)]
    #[case("Kconfig/", false)]
    #[case(".config", false)]
    #[case("a/.git/Kconfig", false)]
    #[case("Kconfig b", false)]
    #[case("Kconfig\\b", false)]
    #[case("Kconfig*", false)]
    #[case("Kconfig$HOME", false)]
    #[case("Kconfig\nb", false)]
    #[case("Kconfigä", false)]
    fn paths(#[case] path: &str, #[case] good: bool) {
        assert_eq!(path_fault(path).is_none(), good);
    }

    #[test]
    fn the_longest_path() {
        let path = |folder: String| path_fault(&format!("{folder}/Kconfig"));
        assert_eq!(path("a".repeat(200)), None);
        assert_eq!(path_fault(&format!("Kconfig{}", "a".repeat(193))), None);
        assert!(path("a".repeat(201)).is_some());
        assert!(path("a/".repeat(600) + "a").is_some());
    }
}
