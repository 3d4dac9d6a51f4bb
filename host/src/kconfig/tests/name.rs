use rstest::rstest;

use super::super::name::{path_fault, source_prefix, symbol_fault};
use super::super::symbol_part;

#[rstest]
#[case("m5.large", "M5_LARGE")]
#[case("m7i-flex.2xlarge", "M7I_FLEX_2XLARGE")]
#[case("u-6tb1.112xlarge", "U_6TB1_112XLARGE")]
#[case("us-east-1a", "US_EAST_1A")]
#[case("gpu_1x_a10", "GPU_1X_A10")]
#[case("", "")]
#[case("Standard_D2s_v3", "STANDARD_D2S_V3")]
#[case("a  b", "A__B")]
#[case("straße", "STRA_E")]
#[case("ſ\u{212A}", "__")]
#[case("名", "_")]
#[case("e\u{301}", "E_")]
#[case("a\n\"$(x)\0", "A____X__")]
fn one_underscore_for_each_other_character(#[case] api_name: &str, #[case] part: &str) {
    assert_eq!(symbol_part(api_name), part);
}

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
