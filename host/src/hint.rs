//! Advice beside an error, kept apart from its message.

/// What a person can do about an error.
pub trait Hint {
    /// A command or a line that can be pasted, or a short instruction; `None` where there is nothing better
    /// to say than the message itself.
    fn hint(&self) -> Option<String>;
}
