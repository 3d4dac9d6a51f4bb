//! The user's settings.

/// Returns the value of a setting in [`Query::settings`](crate::Query), if the user gave one.
pub fn setting<'s>(settings: &'s [(String, String)], name: &str) -> Option<&'s str> {
    let mut given = settings.iter();
    let (_, value) = given.find(|(known, _)| known == name)?;
    Some(value)
}
