//! Signatures, made by Debian's minisign.

use super::*;
use cloudhost_tests::Signer;
use rstest::rstest;

struct Signed {
    _dir: tempfile::TempDir,
    key: SignerKey,
    signature: Signature,
}

fn signed(options: &[&str]) -> Signed {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("plugin.wasm");
    std::fs::write(&file, COMPONENT).unwrap();
    let signer = Signer::new().unwrap();
    let signature = signer.sign(&file, options).unwrap();
    Signed {
        key: key_of(&signer),
        signature: Signature::open(&signature).unwrap(),
        _dir: dir,
    }
}

fn key_of(signer: &Signer) -> SignerKey {
    let text = std::fs::read_to_string(signer.public_file()).unwrap();
    text.parse().unwrap()
}

#[test]
fn what_was_signed_and_nothing_else() {
    let Signed { key, signature, .. } = signed(&[]);
    key.verify(COMPONENT, &signature).unwrap();
    for at in 0..COMPONENT.len() {
        let mut other = COMPONENT.to_vec();
        other[at] ^= 1;
        let error = key.verify(&other, &signature).unwrap_err();
        assert!(matches!(error, SourceError::BadSignature { .. }), "{error}");
    }
    let other = key_of(&Signer::new().unwrap());
    let error = other.verify(COMPONENT, &signature).unwrap_err();
    assert!(matches!(error, SourceError::OtherSigner { .. }), "{error}");
    assert!(error.to_string().contains(&other.to_string()), "{error}");
}

/// As minisign writes it into the file of the public key.
#[test]
fn the_id_of_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("plugin.wasm");
    std::fs::write(&file, COMPONENT).unwrap();
    let signer = Signer::new().unwrap();
    let signature = Signature::open(&signer.sign(&file, &[]).unwrap()).unwrap();
    let public = std::fs::read_to_string(signer.public_file()).unwrap();
    let comment = public.lines().next().unwrap();
    // minisign leaves out leading zeros here.
    let (_, id) = comment.rsplit_once(' ').unwrap();
    assert_eq!(signature.key_id(), format!("{id:0>16}"), "{comment}");
}

#[test]
fn the_comment_that_minisign_calls_trusted_is_signed_too() {
    let Signed { key, signature, .. } = signed(&["-t", "version 1"]);
    key.verify(COMPONENT, &signature).unwrap();
    let text = signature.text().replace("version 1", "version 2");
    let changed: Signature = text.parse().unwrap();
    let error = key.verify(COMPONENT, &changed).unwrap_err();
    assert!(matches!(error, SourceError::BadSignature { .. }), "{error}");
}

#[test]
fn the_old_kind_is_refused() {
    let Signed { key, signature, .. } = signed(&["-l"]);
    let error = key.verify(COMPONENT, &signature).unwrap_err();
    assert!(matches!(error, SourceError::OldSignature), "{error}");
    assert_eq!(error.remedy(), Some(Remedy::AskAuthor(AuthorTask::Sign)));
}

#[test]
fn a_key_is_one_line() {
    let signer = Signer::new().unwrap();
    let key = key_of(&signer);
    let line = key.to_string();
    assert!(line.starts_with("RW") && !line.contains('\n'), "{line}");
    assert_eq!(format!(" {line}\n").parse::<SignerKey>().unwrap(), key);
    let written = serde_json::to_string(&key).unwrap();
    assert_eq!(written, format!("\"{line}\""));
    assert_eq!(serde_json::from_str::<SignerKey>(&written).unwrap(), key);
    assert_ne!(key_of(&Signer::new().unwrap()), key);
}

#[rstest]
#[case("")]
#[case("untrusted comment: minisign public key BEEC83B358E2CC38")]
#[case("RWQ4zOJYs4Psvr0")]
#[case("AAQ4zOJYs4Psvr0/X9eNtURxAgVUzvfg5RegFLoYIQVZ/TkSylOcZsyn")]
#[case(
    "RWQ4zOJYs4Psvr0/X9eNtURxAgVUzvfg5RegFLoYIQVZ/TkSylOcZsyn\nRWQ4zOJYs4Psvr0/X9eNtURxAgVUzvfg5RegFLoYIQVZ/TkSylOcZsyn"
)]
fn what_is_no_key(#[case] text: &str) {
    let error = text.parse::<SignerKey>().unwrap_err();
    assert!(matches!(error, SourceError::NoKey), "{error}");
    assert!(error.remedy().is_some());
}

proptest::proptest! {
    /// Texts of strangers are read without a panic.
    #[test]
    fn any_text_is_read_or_refused(comment in ".{0,40}", first in "[A-Za-z0-9+/=]{0,110}", second in "[A-Za-z0-9+/=]{0,100}") {
        let _ = format!("{comment}\n{first}\ntrusted comment: {comment}\n{second}").parse::<Signature>();
        let _ = first.parse::<SignerKey>();
    }
}
