//! Configured credentials, and the ones that cloudhost stores.
//!
//! Only bearer tokens are stored here, each in the file that its [`TokenLocation`](super::bearer::TokenLocation) reads, or in the
//! system's keyring. A cloud with tools of its own, such as AWS, stores its credentials through those.

use super::bearer::{self, Token, TokenLocation};
use super::{AWS, Credentials, CredentialsError, Kind};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A credential that this machine knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its source; `None` if none is configured.
    pub source: Option<String>,
    /// The reason that it cannot be used, as far as that is known without the network.
    pub problem: Option<String>,
}

/// Result of storing a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The file of the token. `None`: the system's keyring.
    pub path: Option<PathBuf>,
    /// A location that takes precedence, and has another token.
    pub shadowed_by: Option<String>,
}

/// Result of removing a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The file of the token, also if it does not exist.
    pub path: PathBuf,
    /// The file had one.
    pub removed: bool,
    /// The system's keyring had one.
    pub from_keyring: bool,
    /// A location that still has one.
    pub left: Option<String>,
}

impl Credentials {
    /// All credentials that are built in or configured, and these others, sorted by name. Does not use the network.
    pub fn list(&self, others: impl IntoIterator<Item = String>) -> Vec<Listed> {
        let mut names = self.names();
        names.extend(others);
        let listed = names.iter().map(|name| {
            let source = self.source(name);
            let problem = match (&source, self.kind(name)) {
                (Err(error), _) => Some(error.to_string()),
                (Ok(Some(_)), Ok(Kind::Bearer(location))) => {
                    location.token().err().map(|error| error.to_string())
                }
                _ => None,
            };
            Listed {
                name: name.clone(),
                source: source.ok().flatten(),
                problem,
            }
        });
        listed.collect()
    }

    /// The file of a credential of this name.
    ///
    /// # Errors
    /// [`CredentialsError::Unknown`] if the name is invalid, [`CredentialsError::Unobtainable`] if there is no home
    /// directory, [`CredentialsError::KeptElsewhere`] if a [`Resolver`](super::Resolver) is in use.
    pub fn path(&self, name: &str) -> Result<PathBuf, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => Ok(aws.path()),
            Kind::Bearer(location) => location.path(),
            Kind::Given(given) => Err(given.kept_elsewhere(name)),
        }
    }

    /// The location of a token that cloudhost stores.
    fn location<'c>(&'c self, name: &'c str) -> Result<TokenLocation<'c>, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => Err(aws.kept_elsewhere()),
            Kind::Bearer(location) => Ok(location),
            Kind::Given(given) => Err(given.kept_elsewhere(name)),
        }
    }

    /// The file that [`Self::set`] would write to.
    ///
    /// # Errors
    /// [`CredentialsError::KeptElsewhere`] if cloudhost does not store this one, and those of [`Self::path`].
    pub fn destination(&self, name: &str) -> Result<PathBuf, CredentialsError> {
        self.location(name)?.path()
    }

    /// Stores a token in the file of its name, replacing the current one. Everything else in the file stays.
    ///
    /// # Errors
    /// [`CredentialsError::KeptElsewhere`] if cloudhost does not store this one, [`CredentialsError::Unobtainable`]
    /// if the existing file is invalid, and [`CredentialsError::Unwritable`]. After an error the file is unchanged.
    pub fn set(&self, name: &str, token: &Token) -> Result<Stored, CredentialsError> {
        let location = self.location(name)?;
        Ok(Stored {
            path: Some(location.set(token)?),
            shadowed_by: location.variable(),
        })
    }

    /// Stores a token in the system's keyring, replacing the current one. Programs that know the file of its name,
    /// such as the Terraform provider of kdevops, do not find it there. It can take a minute: the user may be asked
    /// for a password.
    ///
    /// # Errors
    /// [`CredentialsError::KeptElsewhere`] if cloudhost does not store this one, [`CredentialsError::Unobtainable`]
    /// if there is no keyring, or it does not respond.
    pub fn set_in_keyring(&self, name: &str, token: &Token) -> Result<Stored, CredentialsError> {
        let location = self.location(name)?;
        location.set_in_keyring(token)?;
        Ok(Stored {
            path: None,
            shadowed_by: location.before_keyring(),
        })
    }

    /// Reports whether the credential of this name comes from the system's keyring. Does not access the keyring.
    ///
    /// # Errors
    /// [`CredentialsError::Unknown`] if the name is invalid.
    pub fn is_in_keyring(&self, name: &str) -> Result<bool, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(_) | Kind::Given(_) => Ok(false),
            Kind::Bearer(location) => Ok(location.is_in_keyring()),
        }
    }

    /// Removes what [`Self::set`] and [`Self::set_in_keyring`] stored: the token, and the file if nothing else is in
    /// it.
    ///
    /// # Errors
    /// Those of [`Self::set`].
    pub fn remove(&self, name: &str) -> Result<Removed, CredentialsError> {
        let location = self.location(name)?;
        Ok(Removed {
            path: location.path()?,
            from_keyring: location.remove_from_keyring()?,
            removed: location.remove()?,
            left: location.variable(),
        })
    }

    /// The names that are built in, or that have a variable or a file.
    fn names(&self) -> BTreeSet<String> {
        let variables = self.environment.names().filter_map(bearer::name_of);
        let folders = [
            bearer::folder(&self.environment),
            bearer::keyring::folder(&self.environment),
        ];
        let files = folders.into_iter().flatten();
        let files = files.filter_map(|folder| folder.read_dir().ok()).flatten();
        let files = files.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let known = bearer::KNOWN.iter().map(|known| known.name);
        let own: Vec<&str> = known.chain([AWS]).collect();
        // A file of such a name is not the credential's source.
        let files = files.filter(|name| !own.contains(&name.as_str()));
        own.iter()
            .map(|name| (*name).to_owned())
            .chain(variables)
            .chain(files)
            .filter(|name| self.kind(name).is_ok())
            .collect()
    }
}
