//! Ownership: what is ours is known by two proofs, the cloud's and the journal's.

use crate::record::key;
use crate::{OperationId, Owned, ResourceId, Tag};
use jiff::{SignedDuration, Timestamp};

/// Tag with the identifier of the installation.
pub const OWNER_TAG: &str = "cloudhost-owner";
/// Tag with the identifier of the operation.
pub const OPERATION_TAG: &str = "cloudhost-operation";
/// Tag with the token: it tells apart what the steps of one operation make.
pub const TOKEN_TAG: &str = "cloudhost-token";

/// Difference allowed between the clocks of a cloud and of the journal, where a creation time is compared.
pub const CREATED_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// The proofs that a resource is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proofs {
    /// Both: it can be changed and ended.
    Ours,
    /// It has our tag, but the journal does not know it: a copy of something of ours, or made by another hand.
    TagOnly,
    /// The journal knows it, but the cloud shows another owner, name or creation time.
    JournalOnly,
    /// None.
    Foreign,
}

/// Compares a resource, as the cloud shows it, with the journal's record of it ([`Owned`], by kind, region and id).
///
/// The first proof is the tag of the owner. Where the cloud keeps no tags on the kind, it is the identifier that the
/// cloud's response gave us, with name and creation time unchanged. The second is the journal's record, whose operation
/// the tag must name.
pub fn proofs(
    installation: &str,
    known: Option<&Owned>,
    id: &ResourceId,
    tags: &[Tag],
    created: Option<Timestamp>,
) -> Proofs {
    let tag = |name: &str| {
        tags.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    };
    let tagged = tag(OWNER_TAG).is_some_and(|owner| owner == installation);
    match known.filter(|known| key(&known.id) == key(id)) {
        None if tagged => Proofs::TagOnly,
        None => Proofs::Foreign,
        Some(known) => {
            let same_operation = || tag(OPERATION_TAG) == Some(&known.operation.0);
            let ours = match known.keeps_tags {
                true => tagged && same_operation() && unchanged_time(known, created),
                false => known.id.name == id.name && unchanged_time(known, created),
            };
            match ours {
                true => Proofs::Ours,
                false => Proofs::JournalOnly,
            }
        }
    }
}

/// True if the creation time is the one that is known, or, while none is, within the time of the request. A cloud that
/// reports none proves nothing against it.
fn unchanged_time(known: &Owned, created: Option<Timestamp>) -> bool {
    match (known.created, created) {
        (Some(known), Some(seen)) => known == seen,
        (Some(_), None) => known.keeps_tags,
        (None, None) => true,
        (None, Some(seen)) => {
            known.since.duration_since(seen) <= CREATED_TOLERANCE
                && seen.duration_since(known.until) <= CREATED_TOLERANCE
        }
    }
}

/// The tags of what an operation makes: the owner's, and then the user's.
pub(crate) fn tags(
    installation: &str,
    operation: &OperationId,
    token: &str,
    user: &[Tag],
) -> Vec<Tag> {
    let own = [
        (OWNER_TAG, installation),
        (OPERATION_TAG, &operation.0),
        (TOKEN_TAG, token),
    ];
    let own = own.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let user = user
        .iter()
        .filter(|(key, _)| own.iter().all(|(ours, _)| ours != key));
    own.iter().chain(user).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Account, Place, ResourceKind};
    use rstest::rstest;

    fn time(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    fn resource(id: &str, name: &str) -> ResourceId {
        ResourceId {
            kind: ResourceKind::Instance,
            id: id.to_owned(),
            name: name.to_owned(),
            place: Place {
                region: "r".to_owned(),
                zone: None,
            },
            parent: None,
        }
    }

    fn known(keeps_tags: bool, created: Option<i64>) -> Owned {
        Owned {
            account: Account {
                provider: "p".to_owned(),
                identity: "1".to_owned(),
            },
            id: resource("i-1", "dev"),
            operation: OperationId("op".to_owned()),
            since: time(0),
            until: time(5),
            created: created.map(time),
            ends_at: None,
            protected: false,
            keeps_tags,
        }
    }

    /// A resource of the journal (`i-1`, `dev`, made by `op` of `me` at 0 to 5) beside what the cloud shows: whether the
    /// kind keeps tags, the creation time that is known, then id, name, owner and operation, and the creation time.
    #[rstest]
    #[case::both(true, None, ["i-1", "dev", "me", "op"], Some(3), Proofs::Ours)]
    #[case::renamed(true, None, ["i-1", "other", "me", "op"], Some(3), Proofs::Ours)]
    #[case::no_time(true, None, ["i-1", "dev", "me", "op"], None, Proofs::Ours)]
    #[case::copy(true, None, ["i-2", "dev", "me", "op"], Some(3), Proofs::TagOnly)]
    #[case::other_owner(true, None, ["i-1", "dev", "you", "op"], Some(3), Proofs::JournalOnly)]
    #[case::other_operation(true, None, ["i-1", "dev", "me", "op2"], Some(3), Proofs::JournalOnly)]
    #[case::id_used_again(true, None, ["i-1", "dev", "me", "op"], Some(9000), Proofs::JournalOnly)]
    #[case::foreign(true, None, ["i-2", "dev", "you", "op"], Some(3), Proofs::Foreign)]
    #[case::untagged(false, None, ["i-1", "dev", "", ""], Some(3), Proofs::Ours)]
    #[case::untagged_no_time(false, None, ["i-1", "dev", "", ""], None, Proofs::Ours)]
    #[case::untagged_renamed(false, None, ["i-1", "other", "", ""], Some(3), Proofs::JournalOnly)]
    #[case::untagged_seen(false, Some(3), ["i-1", "dev", "", ""], Some(3), Proofs::Ours)]
    #[case::untagged_again(false, Some(3), ["i-1", "dev", "", ""], Some(4), Proofs::JournalOnly)]
    #[case::untagged_early(false, None, ["i-1", "dev", "", ""], Some(-9000), Proofs::JournalOnly)]
    fn two_proofs_make_ours(
        #[case] keeps_tags: bool,
        #[case] reported: Option<i64>,
        #[case] shown: [&str; 4],
        #[case] created: Option<i64>,
        #[case] expected: Proofs,
    ) {
        let [id, name, owner, operation] = shown;
        let owned = known(keeps_tags, reported);
        let tags = [
            (OWNER_TAG.to_owned(), owner.to_owned()),
            (OPERATION_TAG.to_owned(), operation.to_owned()),
        ];
        let created = created.map(time);
        let found = proofs("me", Some(&owned), &resource(id, name), &tags, created);
        assert_eq!(found, expected);
    }

    #[test]
    fn a_user_cannot_replace_the_owner() {
        let user = [
            (OWNER_TAG.to_owned(), "x".to_owned()),
            ("team".to_owned(), "y".to_owned()),
        ];
        let tags = tags("me", &OperationId("op".to_owned()), "t", &user);
        let keys: Vec<_> = tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(
            keys,
            [
                "cloudhost-owner=me",
                "cloudhost-operation=op",
                "cloudhost-token=t",
                "team=y"
            ]
        );
    }
}
