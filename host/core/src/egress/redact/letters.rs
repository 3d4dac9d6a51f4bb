//! The letters and digits of a text, in lower case: the part of a secret that is the same wherever it is repeated.
//!
//! Escapes are decoded, and all other bytes are dropped: white space and line ends in Base64 and hexadecimal dumps, the
//! punctuation of lists, the zeroes of UTF-16 and UTF-32, soft hyphens. What is left of a secret with these rules is
//! searched for in what is left of a text.
//!
//! Decoded are: `%2F` and `%u002f` in URLs; `\u002f`, `\u{2f}`, `\x2f`, `\57`, `\/` and `\n` in JSON and scripts; `\2f `
//! and `\00002f` in style sheets; `&#47;`, `&#x2f;` and names in HTML and XML, numbers also without `;`; `<wbr>`; `=3D`
//! in quoted-printable text; and escapes inside of escapes.

use std::ops::Range;

/// Class of a byte that stands for no letter.
const DROPPED: u8 = 0;
/// Class of a byte that can begin an escape. Other classes are the letter or digit itself.
const ESCAPE: u8 = 1;

/// The class of each byte.
const CLASSES: [u8; 256] = classes();

/// Most levels of escapes inside of escapes.
const DEEPEST: usize = 3;
/// Most backslashes before an escape: `\` in JSON in JSON in JSON has seven.
const BACKSLASHES: usize = (1 << DEEPEST) - 1;
/// Bytes from one mark to the next.
const BLOCK: usize = 4096;

/// Names of HTML and XML, sorted: for characters of ASCII, and for invisible ones.
const NAMES: [(&str, u8); 54] = [
    ("AMP", b'&'),
    ("DiacriticalGrave", b'`'),
    ("GT", b'>'),
    ("Hat", b'^'),
    ("LT", b'<'),
    ("NewLine", b'\n'),
    ("NoBreak", DROPPED),
    ("NonBreakingSpace", DROPPED),
    ("QUOT", b'"'),
    ("Tab", b'\t'),
    ("UnderBar", b'_'),
    ("VerticalLine", b'|'),
    ("ZeroWidthSpace", DROPPED),
    ("amp", b'&'),
    ("apos", b'\''),
    ("ast", b'*'),
    ("bsol", b'\\'),
    ("colon", b':'),
    ("comma", b','),
    ("commat", b'@'),
    ("dash", DROPPED),
    ("dollar", b'$'),
    ("equals", b'='),
    ("excl", b'!'),
    ("grave", b'`'),
    ("gt", b'>'),
    ("hyphen", DROPPED),
    ("lbrace", b'{'),
    ("lbrack", b'['),
    ("lcub", b'{'),
    ("lowbar", b'_'),
    ("lpar", b'('),
    ("lsqb", b'['),
    ("lt", b'<'),
    ("midast", b'*'),
    ("nbsp", DROPPED),
    ("num", b'#'),
    ("percnt", b'%'),
    ("period", b'.'),
    ("plus", b'+'),
    ("quest", b'?'),
    ("quot", b'"'),
    ("rbrace", b'}'),
    ("rbrack", b']'),
    ("rcub", b'}'),
    ("rpar", b')'),
    ("rsqb", b']'),
    ("semi", b';'),
    ("shy", DROPPED),
    ("sol", b'/'),
    ("verbar", b'|'),
    ("vert", b'|'),
    ("zwj", DROPPED),
    ("zwnj", DROPPED),
];
/// Bytes of the longest of them.
const LONGEST_NAME: usize = 16;

/// Tags that only allow or make a line end.
const BREAKS: [&[u8]; 2] = [b"wbr", b"br"];

#[allow(clippy::indexing_slicing, reason = "computed by the compiler")]
const fn classes() -> [u8; 256] {
    let mut classes = [DROPPED; 256];
    let mut byte = 0;
    while byte < classes.len() {
        classes[byte] = class(byte as u8);
        byte += 1;
    }
    classes
}

const fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' | b'a'..=b'z' => byte,
        b'A'..=b'Z' => byte.to_ascii_lowercase(),
        b'%' | b'&' | b'<' | b'=' | b'\\' => ESCAPE,
        _ => DROPPED,
    }
}

/// The letter that a decoded character is, if it is one.
fn letter(character: u8) -> u8 {
    match class(character) {
        ESCAPE => DROPPED,
        letter => letter,
    }
}

/// The letters of a text, as far as it was read.
#[derive(Default)]
pub(super) struct Letters {
    all: Vec<u8>,
    /// Bytes read.
    read: usize,
    /// At the beginning of each block.
    marks: Vec<Mark>,
}

/// A place in a text, and the number of letters before it.
#[derive(Clone, Copy, Default)]
struct Mark {
    at: usize,
    letters: usize,
}

impl Letters {
    /// The letters of a whole text.
    pub(super) fn of(text: &[u8]) -> Vec<u8> {
        let mut letters = Self::default();
        letters.read(text, text.len());
        letters.all
    }

    pub(super) fn all(&self) -> &[u8] {
        &self.all
    }

    /// Reads about as many more bytes of the text, and reports whether it has more.
    pub(super) fn read(&mut self, text: &[u8], bytes: usize) -> bool {
        let end = self.read.saturating_add(bytes).min(text.len());
        while self.read < end {
            self.marks.push(Mark {
                at: self.read,
                letters: self.all.len(),
            });
            self.read_block(text, end.min(self.read + BLOCK));
        }
        self.read < text.len()
    }

    fn read_block(&mut self, text: &[u8], end: usize) {
        let before = self.all.len();
        // Each unit has one letter at most.
        self.all.resize(before + (end - self.read), DROPPED);
        let letters = self.all.get_mut(before..).unwrap_or_default();
        let (mut at, mut count) = (self.read, 0);
        while at < end {
            let plain = text.get(at..end).unwrap_or_default();
            let mut classes = plain.iter().map(|byte| class_of(*byte));
            // Most bytes begin no escape.
            let escape = classes.position(|class| {
                if let Some(place) = letters.get_mut(count) {
                    *place = class;
                }
                count += usize::from(class > ESCAPE);
                class == ESCAPE
            });
            at += escape.unwrap_or(plain.len());
            if escape.is_some() {
                let (letter, width) = unit(text, at);
                if let Some(place) = letters.get_mut(count) {
                    *place = letter;
                }
                count += usize::from(letter != DROPPED);
                at += width;
            }
        }
        self.all.truncate(before + count);
        self.read = at;
    }

    /// The way back from letters to the text.
    pub(super) fn places<'a>(&'a self, text: &'a [u8]) -> Places<'a> {
        Places {
            text,
            marks: &self.marks,
            at: Mark::default(),
        }
    }
}

/// Places of runs of letters in their text. The runs are in order and do not overlap.
pub(super) struct Places<'a> {
    text: &'a [u8],
    marks: &'a [Mark],
    at: Mark,
}

impl Places<'_> {
    pub(super) fn of(&mut self, run: Range<usize>) -> Range<usize> {
        self.go_to(run.start);
        while self.at.at < self.text.len() {
            let (letter, width) = unit(self.text, self.at.at);
            if letter != DROPPED {
                break;
            }
            self.at.at += width;
        }
        let start = self.at.at;
        self.go_to(run.end);
        start..self.at.at
    }

    /// Goes to the end of the unit that has the last of this many letters.
    fn go_to(&mut self, letters: usize) {
        let next = self.marks.partition_point(|mark| mark.letters < letters);
        let nearest = next.checked_sub(1).and_then(|last| self.marks.get(last));
        if let Some(mark) = nearest.filter(|mark| mark.at > self.at.at) {
            self.at = *mark;
        }
        while self.at.letters < letters && self.at.at < self.text.len() {
            let (letter, width) = unit(self.text, self.at.at);
            self.at.at += width;
            self.at.letters += usize::from(letter != DROPPED);
        }
    }
}

/// The letter, if any, that begins at a place, and the number of bytes that stand for it.
fn unit(text: &[u8], at: usize) -> (u8, usize) {
    let byte = text.get(at).copied().unwrap_or_default();
    match class_of(byte) {
        ESCAPE => {
            let next = text.get(at + 1).copied().unwrap_or_default();
            if !begins_escape(byte, next) {
                return (DROPPED, 1);
            }
            let rest = Rest::of(text.get(at + 1..).unwrap_or_default());
            let (letter, width) = decode(byte, rest, 0);
            (letter, 1 + width * rest.step)
        }
        letter => (letter, 1),
    }
}

/// Reports whether there can be an escape: most tags of XML, and most `=` and `&` of URLs, are none.
fn begins_escape(head: u8, next: u8) -> bool {
    next == 0
        || match head {
            b'%' => next.is_ascii_hexdigit() || matches!(next, b'u' | b'U'),
            b'&' => next.is_ascii_alphabetic() || next == b'#',
            b'<' => matches!(next, b'B' | b'W' | b'b' | b'w'),
            b'=' => next.is_ascii_digit() || matches!(next, b'A'..=b'F'),
            _ => true,
        }
}

fn class_of(byte: u8) -> u8 {
    let class = CLASSES.get(usize::from(byte));
    class.copied().unwrap_or(DROPPED)
}

/// The characters after the first one of an escape.
#[derive(Clone, Copy)]
struct Rest<'a> {
    text: &'a [u8],
    /// Bytes of each character: more than one in UTF-16 and UTF-32. The one with its value is the last of them here.
    step: usize,
}

impl<'a> Rest<'a> {
    fn of(text: &'a [u8]) -> Self {
        let step = match text {
            [0, 0, 0, ..] => 4,
            [0, ..] => 2,
            _ => 1,
        };
        Self { text, step }
    }

    fn at(self, character: usize) -> Option<u8> {
        let last = (character + 1) * self.step - 1;
        self.text.get(last).copied()
    }

    fn from(self, character: usize) -> Self {
        let text = self.text.get(character * self.step..);
        Self {
            text: text.unwrap_or_default(),
            ..self
        }
    }

    /// The number with exactly these digits.
    fn digits(self, at: usize, count: usize, radix: u32) -> Decoded {
        let number = (at..at + count).try_fold(0_u32, |number, at| {
            let digit = char::from(self.at(at)?).to_digit(radix)?;
            number.checked_mul(radix)?.checked_add(digit)
        });
        Some((number?, at + count))
    }

    /// The number with all digits that are there, up to eight.
    fn all_digits(self, at: usize, radix: u32) -> Decoded {
        let is_digit = |at: &usize| {
            let digit = self.at(*at).map(char::from);
            digit.is_some_and(|digit| digit.is_digit(radix))
        };
        match (at..at + 8).take_while(is_digit).count() {
            0 => None,
            count => self.digits(at, count, radix),
        }
    }
}

/// The letter that the escape after this first character stands for, and the number of characters of the rest.
fn decode(head: u8, rest: Rest<'_>, depth: usize) -> (u8, usize) {
    let escape = match head {
        b'%' => percent(rest),
        b'&' => reference(rest),
        b'<' => line_break(rest),
        b'=' => quoted(rest),
        _ => backslash(rest),
    };
    let Some((character, width)) = escape else {
        return (DROPPED, 0);
    };
    match u8::try_from(character) {
        Ok(head @ (b'%' | b'&' | b'\\')) if depth < DEEPEST => {
            let (letter, more) = decode(head, rest.from(width), depth + 1);
            (letter, width + more)
        }
        Ok(character) => (letter(character), width),
        Err(_) => (DROPPED, width),
    }
}

/// A decoded character, and the number of characters of the escape after its first one.
type Decoded = Option<(u32, usize)>;

/// `%2F`, `%u002f`.
fn percent(rest: Rest<'_>) -> Decoded {
    match rest.at(0)? {
        b'u' | b'U' => rest.digits(1, 4, 16),
        _ => rest.digits(0, 2, 16),
    }
}

/// Behind any of the backslashes that JSON inside JSON has. A backslash alone is dropped.
fn backslash(rest: Rest<'_>) -> Decoded {
    let more = (0..BACKSLASHES - 1).take_while(|at| rest.at(*at) == Some(b'\\'));
    let at = more.count();
    let decoded = match rest.at(at) {
        Some(b'u') => braced(rest, at + 1).or_else(|| rest.digits(at + 1, 4, 16)),
        Some(b'U') => rest.digits(at + 1, 8, 16),
        Some(b'x') => braced(rest, at + 1).or_else(|| rest.digits(at + 1, 2, 16)),
        Some(b'0'..=b'7') => number(rest, at),
        Some(b'a' | b'b' | b'e' | b'f' | b'n' | b'r' | b't' | b'v') => {
            Some((DROPPED.into(), at + 1))
        }
        _ => None,
    };
    decoded.or(Some((DROPPED.into(), at)))
}

/// `\57` and `\057` in scripts, `\2f` and `\00002f` in style sheets: the characters that are escaped there alone have a
/// second digit that is not octal.
fn number(rest: Rest<'_>, at: usize) -> Decoded {
    let padded = rest
        .digits(at, 2, 16)
        .is_some_and(|(zeroes, _)| zeroes == 0);
    let six = rest.digits(at, 6, 16).filter(|_| padded);
    let byte = |decoded: &(u32, usize)| decoded.0 <= 0xff;
    six.or_else(|| rest.digits(at, 3, 8).filter(byte))
        .or_else(|| rest.digits(at, 2, 8))
        .or_else(|| rest.digits(at, 2, 16))
        .or_else(|| rest.digits(at, 1, 8))
}

/// `{2f}`.
fn braced(rest: Rest<'_>, at: usize) -> Decoded {
    let open = rest.at(at) == Some(b'{');
    let (character, end) = rest.all_digits(at + 1, 16).filter(|_| open)?;
    (rest.at(end) == Some(b'}')).then_some((character, end + 1))
}

/// `#47;`, `#x2F;`, `sol;`; numbers also without `;`.
fn reference(rest: Rest<'_>) -> Decoded {
    if rest.at(0)? == b'#' {
        let (character, end) = match rest.at(1)? {
            b'x' | b'X' => rest.all_digits(2, 16),
            _ => rest.all_digits(1, 10),
        }?;
        let closed = rest.at(end) == Some(b';');
        return Some((character, end + usize::from(closed)));
    }
    let mut name = [0; LONGEST_NAME];
    let mut length = 0;
    for (at, place) in name.iter_mut().enumerate() {
        match rest.at(at) {
            Some(letter) if letter.is_ascii_alphabetic() => (*place, length) = (letter, at + 1),
            _ => break,
        }
    }
    let name = name
        .get(..length)
        .filter(|_| rest.at(length) == Some(b';'))?;
    let at = NAMES.binary_search_by(|(known, _)| known.as_bytes().cmp(name));
    let (_, character) = NAMES.get(at.ok()?)?;
    Some(((*character).into(), length + 1))
}

/// `wbr>`, `br />`.
fn line_break(rest: Rest<'_>) -> Decoded {
    let begins = |name: &&&[u8]| {
        let mut letters = name.iter().enumerate();
        letters.all(|(at, letter)| rest.at(at).is_some_and(|there| there | 0x20 == *letter))
    };
    if !matches!(rest.at(0)?, b'B' | b'W' | b'b' | b'w') {
        return None;
    }
    let mut end = BREAKS.iter().find(begins)?.len();
    for optional in [b' ', b'/'] {
        end += usize::from(rest.at(end) == Some(optional));
    }
    (rest.at(end) == Some(b'>')).then_some((DROPPED.into(), end + 1))
}

/// `3D`: with a capital letter, and for a character that is no letter, as all of these are that a token can have. Text
/// with `=` has other digits behind it.
fn quoted(rest: Rest<'_>) -> Decoded {
    let (character, end) = rest.digits(0, 2, 16)?;
    let character = u8::try_from(character).ok().filter(u8::is_ascii)?;
    let digits = [rest.at(0)?, rest.at(1)?];
    let capital = digits.iter().any(u8::is_ascii_uppercase);
    let small = digits.iter().any(u8::is_ascii_lowercase);
    (capital && !small && letter(character) == DROPPED).then_some((DROPPED.into(), end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("a=B/c-9", "abc9")]
    #[case::url("a%2Fb%2fc%3dd%61", "abcda")]
    #[case::url_in_url("a%252Fb%25252fc", "abc")]
    #[case::no_url("100% %2 %zz %", "1002zz")]
    #[case::old_url("a%u002fb%u0063", "abc")]
    #[case::json(r#"a\u003db\u002F\/\"\\c\u0064"#, "abcd")]
    #[case::json_in_json(r#"a\\u003db\\\/c\\\"d"#, "abcd")]
    #[case::lines(r"a\r\nb\\nc\td", "abcd")]
    #[case::script(r"a\x2fb\x3Dc\u{2f}d\u{65}", "abcde")]
    #[case::octal(r"a\57b\057c\53\53\145", "abce")]
    #[case::style(r"a\2f b\2Bc\00002fd", "abcd")]
    #[case::no_json(r"\u12 \u{zz} \x", "u12uzzx")]
    #[case::xml("a&#61;b&#x2F;c&#X2f;d&amp;e&quot;&#102;", "abcdef")]
    #[case::named("a&sol;b&plus;c&equals;d&lowbar;e&Tab;f", "abcdef")]
    #[case::unclosed("a&#47b&#x2fg", "abg")]
    #[case::twice("a&amp;sol;b&amp;amp;#47;c%26%2347;d", "abc47d")]
    #[case::json_of_html(r"a\u0026#47;b\u0026sol;c", "abc")]
    #[case::no_xml("&#; &#x; &so; &; &sola &", "xsosola")]
    #[case::breaks("a<wbr>b<BR/>c<br />d<b>e", "abcdbe")]
    #[case::quoted("a=3Db=2Bc=\r\nd=3de=41f=20g", "abcd3de41f20g")]
    #[case::utf_16("a\0%\x002\0F\0b\0&\0s\0o\0l\0;\0c\0", "abc")]
    #[case::utf_16_big("\0a\0%\x002\0F\0b\0\\\0u\x000\x000\x002\0f\0c", "abc")]
    #[case::utf_32("a\0\0\0%\0\0\x002\0\0\0F\0\0\0b\0\0\0", "ab")]
    #[case::soft_hyphen("a\u{ad}b\u{200b}c", "abc")]
    fn letters(#[case] text: &str, #[case] expected: &str) {
        let letters = String::from_utf8(Letters::of(text.as_bytes())).unwrap();
        assert_eq!(letters, expected);
    }

    #[test]
    fn names_are_sorted() {
        assert!(NAMES.is_sorted_by(|one, next| one.0 < next.0));
        assert!(NAMES.iter().all(|(name, _)| name.len() <= LONGEST_NAME));
    }

    proptest! {
        /// Nothing is skipped and nothing is read twice, and each letter is found again.
        #[test]
        fn any_text(text in r"[%\\&#;<=ux{/25aAsol\x00-\xff]{0,60}") {
            let text = text.as_bytes();
            let (mut at, mut units) = (0, Vec::new());
            while at < text.len() {
                let (letter, width) = unit(text, at);
                prop_assert!(width >= 1);
                if letter != DROPPED {
                    units.push((letter, at..at + width));
                }
                at += width;
            }
            prop_assert_eq!(at, text.len());
            let mut letters = Letters::default();
            while letters.read(text, 7) {}
            let all: Vec<u8> = units.iter().map(|(letter, _)| *letter).collect();
            prop_assert_eq!(letters.all(), &all);
            let mut places = letters.places(text);
            for (number, (_, place)) in units.into_iter().enumerate() {
                prop_assert_eq!(places.of(number..number + 1), place);
            }
        }
    }

    /// Also where blocks begin.
    #[test]
    fn places_in_a_long_text() {
        let word = r"ab\u0063 ,&sol; ";
        let text = word.repeat(3 * BLOCK);
        let mut letters = Letters::default();
        while letters.read(text.as_bytes(), 1000) {}
        assert_eq!(letters.all().len(), 9 * BLOCK);
        let mut places = letters.places(text.as_bytes());
        for number in (0..3 * BLOCK).step_by(777) {
            let place = places.of(3 * number..3 * number + 3);
            let start = number * word.len();
            assert_eq!(place, start..start + r"ab\u0063".len());
        }
    }
}
