//! Processor architectures in menus.

use super::{Choice, Cond, Menu, Symbol};

/// Architecture of a menu.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Arch {
    /// x86 of 32 or 64 bits.
    X86,
    /// 64-bit ARM.
    Arm,
    /// Another one, without a menu entry: visible with any architecture.
    Other,
}

impl Arch {
    /// Architectures that have a menu entry.
    pub const ASKED: [Arch; 2] = [Arch::X86, Arch::Arm];

    /// Maps a cloud's names, such as `x86_64`, `i386`, `x86_64_mac`, `arm64` or `arm64_mac`; of several, x86 wins.
    pub fn of(names: &[String]) -> Arch {
        let some = |start: &str| names.iter().any(|name| name.starts_with(start));
        if some("x86_64") || some("i386") {
            Arch::X86
        } else if some("arm64") {
            Arch::Arm
        } else {
            Arch::Other
        }
    }

    /// Returns the symbol that the tree around the files defines.
    pub fn symbol(self) -> Option<&'static str> {
        match self {
            Arch::X86 => Some("TARGET_ARCH_X86_64"),
            Arch::Arm => Some("TARGET_ARCH_ARM64"),
            Arch::Other => None,
        }
    }

    /// Returns the name in a menu, which most clouds use too.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Arch::X86 => Some("x86_64"),
            Arch::Arm => Some("arm64"),
            Arch::Other => None,
        }
    }

    /// Returns the condition that this architecture is chosen.
    pub fn cond(self) -> Cond {
        self.symbol().map(Cond::set).unwrap_or_default()
    }
}

impl Menu {
    /// Adds the choice of architecture that a tree such as kdevops has around the files: for the plain dialect only.
    pub fn target_arch(&mut self, archs: impl IntoIterator<Item = Arch>) {
        self.choice(Choice::new("Target architecture"), |menu| {
            for arch in archs {
                if let (Some(symbol), Some(prompt)) = (arch.symbol(), arch.name()) {
                    menu.symbol(Symbol::boolean(symbol, prompt));
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Arch;
    use rstest::rstest;

    #[rstest]
    #[case(&["x86_64"], Arch::X86)]
    #[case(&["i386"], Arch::X86)]
    #[case(&["arm64", "x86_64"], Arch::X86)]
    #[case(&["arm64_mac"], Arch::Arm)]
    #[case(&["riscv64"], Arch::Other)]
    #[case(&[], Arch::Other)]
    fn bases(#[case] names: &[&str], #[case] expected: Arch) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(Arch::of(&names), expected);
    }
}
