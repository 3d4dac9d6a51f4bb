//! Names of plugins: their form, reserved words, and names that look like another one.
//!
//! A plugin's name opens lines of the log, of errors and of the closing line, and is typed as the name of a provider.

/// Words that programs print at the start of a line, and commands: a plugin of such a name could speak for the program.
const RESERVED: [&str; 34] = [
    "cache",
    "caused",
    "cloudhost",
    "compile-component",
    "completions",
    "credentials",
    "critical",
    "debug",
    "doctor",
    "error",
    "fatal",
    "gc",
    "help",
    "hint",
    "host",
    "info",
    "instance",
    "kconfig-value",
    "man",
    "note",
    "notice",
    "operation",
    "panic",
    "plugin",
    "run",
    "schema",
    "ssh-key",
    "tip",
    "trace",
    "usage",
    "volume",
    "warn",
    "warning",
    "whoami",
];

/// `[a-z][a-z0-9-]{0,31}`: plain enough for a path, a header and a message.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(plain)
}

/// Describes why a plugin cannot have this name, to follow it in a message: it is a word of the program, or ends in
/// `-`, as no word does.
pub fn name_fault(name: &str) -> Option<&'static str> {
    if RESERVED.contains(&name) {
        Some("is a reserved word: a line that begins with it would look like one of the program")
    } else if name.ends_with('-') {
        Some("ends in `-`: it looks like the name without it")
    } else {
        None
    }
}

/// Finds the name that this one looks like: hyphens aside, one letter more, less, other or swapped; or, as `aws-region`
/// and `aws`, the beginning of the other and a hyphen, with which its symbols in menus would be among those of the other.
pub fn look_alike<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |name: &str| name.replace('-', "");
    let begins = |name: &str, with: &str| {
        let rest = name.strip_prefix(with);
        rest.is_some_and(|rest| rest.starts_with('-'))
    };
    let close = |known: &str| strsim::osa_distance(&plain(name), &plain(known)) <= 1;
    let mut known = known.into_iter();
    known.find(|&known| {
        known != name && (close(known) || begins(name, known) || begins(known, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("error", true)]
    #[case("hint", true)]
    #[case("cloudhost", true)]
    #[case("hetzner-", true)]
    #[case("hetzner", false)]
    #[case("errors", false)]
    #[case("my-host", false)]
    fn reserved(#[case] name: &str, #[case] expected: bool) {
        assert!(is_name(name));
        assert_eq!(name_fault(name).is_some(), expected);
    }

    #[rstest]
    #[case::more("acmes", Some("acme"))]
    #[case::less("acm", Some("acme"))]
    #[case::other("acne", Some("acme"))]
    #[case::swapped("amce", Some("acme"))]
    #[case::hyphen("ac-me", Some("acme"))]
    #[case::hyphen_and_letter("acme-2", Some("acme"))]
    #[case::digit("my-c1oud", Some("my-cloud"))]
    #[case::hyphen_of_the_known("mycloud", Some("my-cloud"))]
    #[case::part_of_it("acme-region", Some("acme"))]
    #[case::what_it_is_part_of("my", Some("my-cloud"))]
    #[case::without_a_hyphen("acmeregion", None)]
    #[case::itself("acme", None)]
    #[case::two_letters("acmexy", None)]
    #[case::another("hetzner", None)]
    fn look_alikes(#[case] name: &str, #[case] expected: Option<&str>) {
        assert_eq!(look_alike(name, ["acme", "my-cloud"]), expected);
    }

    #[test]
    fn reserved_words_are_sorted_names() {
        assert!(RESERVED.is_sorted());
        assert!(RESERVED.iter().all(|word| is_name(word)));
    }
}
