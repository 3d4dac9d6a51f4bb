//! Settings of a user.

/// The value of a setting of [`Query::settings`](crate::Query), if the user gave one.
pub fn setting<'s>(settings: &'s [(String, String)], name: &str) -> Option<&'s str> {
    let mut given = settings.iter();
    let (_, value) = given.find(|(known, _)| known == name)?;
    Some(value)
}
