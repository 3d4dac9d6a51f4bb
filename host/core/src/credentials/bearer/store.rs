//! Storing a token in its file or the keyring, and removing it.

use super::super::CredentialsError;
use super::Token;
use super::file::{Problem, read_any};
use super::ini::{Ini, Keys};
use super::place::{Form, Source, TokenLocation};
use crate::Remedy;
use cloudhost_files::write_private;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::io;
use std::path::{Path, PathBuf};

impl TokenLocation<'_> {
    /// The file of the token.
    pub(crate) fn path(&self) -> Result<PathBuf, CredentialsError> {
        let none = || CredentialsError::Unobtainable {
            title: self.name.to_owned(),
            origin: "a file".to_owned(),
            why: "there is no home directory".to_owned(),
            remedy: Some(Box::new(Remedy::variables([("HOME", "/path/of/it")]))),
        };
        self.file.clone().ok_or_else(none)
    }

    /// Writes the token into the file, which then only its owner can read.
    pub(crate) fn set(&self, token: &Token) -> Result<PathBuf, CredentialsError> {
        let path = self.path()?;
        let text = match self.form {
            Form::Plain => Zeroizing::new(format!("{}\n", token.expose())),
            Form::Ini(known) => {
                let text = self.text(&path)?;
                let text = text.as_ref().map_or("", ExposeSecret::expose_secret);
                self.ini(&path, text, known.keys)?.with(token)
            }
        };
        write_private(&path, text.as_bytes()).map_err(unwritable(&path))?;
        Ok(path)
    }

    /// Stores the token in the system's keyring.
    pub(crate) fn set_in_keyring(&self, token: &Token) -> Result<(), CredentialsError> {
        self.keyring().set(token)
    }

    /// Removes the token from the system's keyring. Returns `true` if there was one. If none was stored, the keyring
    /// is not accessed.
    pub(crate) fn remove_from_keyring(&self) -> Result<bool, CredentialsError> {
        self.keyring().remove()
    }

    /// Removes the token from the file, and the file if nothing else is in it. Returns `true` if there was one.
    pub(crate) fn remove(&self) -> Result<bool, CredentialsError> {
        let path = self.path()?;
        let Some(text) = self.text(&path)? else {
            return Ok(false);
        };
        let left = match self.form {
            Form::Plain => None,
            Form::Ini(known) => {
                let ini = self.ini(&path, text.expose_secret(), known.keys)?;
                if !ini.has_token() {
                    return Ok(false);
                }
                ini.without()
            }
        };
        match left {
            Some(text) => write_private(&path, text.as_bytes()),
            None => std::fs::remove_file(&path),
        }
        .map_err(unwritable(&path))?;
        Ok(true)
    }

    /// The current content of the file, without a permission check: it is about to be replaced.
    fn text(&self, path: &Path) -> Result<Option<SecretString>, CredentialsError> {
        read_any(path).map_err(|problem| self.broken(path, problem))
    }

    fn ini<'t>(&self, path: &Path, text: &'t str, keys: Keys) -> Result<Ini<'t>, CredentialsError> {
        Ini::parse(text, keys).map_err(|why| self.broken(path, Problem::of_source(why)))
    }

    fn broken(&self, path: &Path, problem: Problem) -> CredentialsError {
        self.unobtainable(&Source::File(path.to_owned()), problem)
    }
}

pub(super) fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> CredentialsError {
    let path = path.to_owned();
    move |error| CredentialsError::Unwritable {
        path,
        why: error.to_string(),
    }
}
