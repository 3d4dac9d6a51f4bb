use rstest::rstest;

use super::super::name::{source_prefix, symbol_fault};

#[rstest]
#[case("A", true)]
#[case("_1", true)]
#[case("TARGET_ARCH_X86_64", true)]
#[case("", false)]
#[case("1A", false)]
#[case("a", false)]
#[case("A-B", false)]
#[case("A B", false)]
#[case("A\n", false)]
#[case("Ä", false)]
#[case("A$B", false)]
fn symbols(#[case] name: &str, #[case] good: bool) {
    assert_eq!(symbol_fault(name).is_none(), good);
}

#[test]
fn the_longest_symbol() {
    assert_eq!(symbol_fault(&"A".repeat(128)), None);
    assert!(symbol_fault(&"A".repeat(129)).is_some());
}

#[rstest]
#[case("", Some(""))]
#[case(".", Some("./"))]
#[case("/", Some("/"))]
#[case("terraform/aws/kconfigs", Some("terraform/aws/kconfigs/"))]
#[case("/srv/my files//", Some("/srv/my files/"))]
#[case("a\"b\\", Some("a\\\"b\\\\/"))]
#[case("$(TOPDIR)/x", None)]
#[case("a*", None)]
#[case("a?", None)]
#[case("a[b]", None)]
#[case("a\nb", None)]
#[case("a\0", None)]
fn prefixes(#[case] prefix: &str, #[case] quoted: Option<&str>) {
    assert_eq!(source_prefix(prefix).ok().as_deref(), quoted);
}
