//! Responses of a server that repeats what it got: the search for secrets in them.

use cloudhost::egress::Redactor;
use futures::executor::block_on;
use std::sync::LazyLock;

/// A token as clouds issue them, and two that repeat themselves, as a whole and in part.
const SECRETS: [&str; 3] = [
    "Fz7q/Kd93+mXw0Lp5Tn8vRb1Yc6sHj2G==",
    "PQPQPQPQPQPQPQPQ",
    "QPQPQ1aaQPQPQ2bbQPQPQ3ccQPQPQ4ddQPQPQ5eeQPQPQ6ff",
];

/// Most letters and digits of a secret in a row that may be left.
const LEFT: usize = 7;

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(SECRETS).unwrap());

/// Checks that no piece of a secret is left in plain text, and nothing of a secret that is put into any text.
pub fn check(input: &[u8]) {
    let cleaned = block_on(REDACTOR.clean(input));
    if !input.iter().any(|byte| b"%&<=\\".contains(byte)) {
        assert_clean(&cleaned);
    }
    if has_piece(input) {
        return;
    }
    let (before, after) = input.split_at(input.len() / 2);
    for secret in SECRETS {
        let text = [before, secret.as_bytes(), after].concat();
        let cleaned = block_on(REDACTOR.clean(&text));
        assert_clean(&cleaned);
        assert!(cleaned.windows(10).any(|there| there == b"[redacted]"));
    }
}

fn assert_clean(text: &[u8]) {
    assert!(!has_piece(text), "{:?}", String::from_utf8_lossy(text));
}

/// Reports whether a piece of a secret is there, whatever stands between its letters and digits. The letters of a mark
/// are of no piece.
fn has_piece(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut parts = text.split("[redacted]");
    parts.any(|part| has_piece_in(part.as_bytes()))
}

fn has_piece_in(text: &[u8]) -> bool {
    let letters = |text: &[u8]| -> Vec<u8> {
        let letters = text.iter().filter(|byte| byte.is_ascii_alphanumeric());
        letters.map(u8::to_ascii_lowercase).collect()
    };
    let text = letters(text);
    SECRETS.iter().any(|secret| {
        let secret = letters(secret.as_bytes());
        let mut pieces = secret.windows(LEFT + 1);
        pieces.any(|piece| text.windows(LEFT + 1).any(|there| there == piece))
    })
}
