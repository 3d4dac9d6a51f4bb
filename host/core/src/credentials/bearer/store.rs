//! A token into its file or the keyring, and out of it.

use super::super::CredentialsError;
use super::Token;
use super::file::{Problem, read_any};
use super::ini::Ini;
use super::place::{Form, Place, Source};
use crate::Remedy;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

impl Place<'_> {
    /// The file that the token is kept in.
    pub(crate) fn path(&self) -> Result<PathBuf, CredentialsError> {
        let none = || CredentialsError::Unobtainable {
            title: self.name.to_owned(),
            origin: "a file".to_owned(),
            why: "there is no home folder to keep it in".to_owned(),
            remedy: Some(Box::new(Remedy::variables([("HOME", "/path/of/it")]))),
        };
        self.file.clone().ok_or_else(none)
    }

    /// Writes the token into the file, which then only its owner can read.
    pub(crate) fn set(&self, token: &Token) -> Result<PathBuf, CredentialsError> {
        let path = self.path()?;
        let text = match self.form {
            Form::Plain => Zeroizing::new(format!("{}\n", token.expose())),
            Form::Ini => {
                let text = self.text(&path)?;
                let text = text.as_ref().map_or("", ExposeSecret::expose_secret);
                self.ini(&path, text)?.with(token)
            }
        };
        write_private(&path, text.as_bytes()).map_err(unwritable(&path))?;
        Ok(path)
    }

    /// Puts the token into the system's keyring.
    pub(crate) fn set_in_keyring(&self, token: &Token) -> Result<(), CredentialsError> {
        self.keyring().set(token)
    }

    /// Takes the token out of the system's keyring. Says whether there was one; where none was stored, the keyring is
    /// not asked.
    pub(crate) fn remove_from_keyring(&self) -> Result<bool, CredentialsError> {
        self.keyring().remove()
    }

    /// Takes the token out of the file, and removes the file if nothing else is in it. Says whether there was
    /// one.
    pub(crate) fn remove(&self) -> Result<bool, CredentialsError> {
        let path = self.path()?;
        let Some(text) = self.text(&path)? else {
            return Ok(false);
        };
        let left = match self.form {
            Form::Plain => None,
            Form::Ini => {
                let ini = self.ini(&path, text.expose_secret())?;
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

    /// What is in the file now, whoever else may read it: it is about to be replaced.
    fn text(&self, path: &Path) -> Result<Option<SecretString>, CredentialsError> {
        read_any(path).map_err(|problem| self.broken(path, problem))
    }

    fn ini<'t>(&self, path: &Path, text: &'t str) -> Result<Ini<'t>, CredentialsError> {
        Ini::parse(text).map_err(|why| self.broken(path, Problem::of_source(why)))
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

/// Writes a file that only its owner can read; it has its name when it is complete and on the disk. A symlink
/// stays one: where it leads to is replaced.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        real => real?,
    };
    let folder = path.parent().ok_or(ErrorKind::InvalidFilename)?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".credentials-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}
