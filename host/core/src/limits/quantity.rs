//! Values of limits in the form for people: `512MiB`, `30s`, `10000`.

/// Unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Time,
    /// A plain number.
    Count,
}

impl Unit {
    /// Names of this unit's multiples, the largest first.
    fn names(self) -> &'static [(&'static str, u64)] {
        match self {
            Self::Bytes => &[
                ("GiB", 1 << 30),
                ("MiB", 1 << 20),
                ("KiB", 1 << 10),
                ("B", 1),
            ],
            Self::Time => &[("min", 60_000), ("s", 1_000), ("ms", 1)],
            Self::Count => &[("", 1)],
        }
    }

    /// Formats a value in the largest multiple that divides it, with this separator between number and name.
    pub(super) fn show(self, value: u64, between: &str) -> String {
        let whole = |(_, size): &&(&str, u64)| value >= *size && value.is_multiple_of(*size);
        match self.names().iter().find(whole) {
            Some(("", _)) | None => value.to_string(),
            Some((name, size)) => format!("{}{between}{name}", value / size),
        }
    }

    /// Parses the output of [`Self::show`]; bytes without a unit too.
    pub(super) fn read(self, text: &str) -> Result<u64, String> {
        let form = || match self {
            Self::Bytes => "expected a size such as 512MiB, with B, KiB, MiB or GiB".to_owned(),
            Self::Time => "expected a time such as 30s, with ms, s or min".to_owned(),
            Self::Count => "expected a number".to_owned(),
        };
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, name) = text.split_at_checked(digits).ok_or_else(form)?;
        let number: u64 = number.parse().map_err(|_| form())?;
        let name = match (self, name.trim_start()) {
            (Self::Bytes, "") => "B",
            (_, name) => name,
        };
        let named = self.names().iter().find(|(known, _)| *known == name);
        let (_, size) = named.ok_or_else(form)?;
        match number.checked_mul(*size) {
            Some(0) => Err("it must be more than 0".to_owned()),
            // Large enough for any use, and small enough that no sum overflows.
            Some(value) if value <= 1 << 50 => Ok(value),
            _ => Err("it is too large".to_owned()),
        }
    }
}
