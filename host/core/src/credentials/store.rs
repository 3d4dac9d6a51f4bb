//! What is configured on this machine, and what cloudhost keeps itself.
//!
//! Only bearer tokens are kept here, each in the file that its [`Place`](super::bearer::Place) reads, or in the
//! system's keyring; a cloud
//! with tools of its own, as AWS, keeps its credentials by those.

use super::bearer::{self, Place, Token};
use super::{AWS, Credentials, CredentialsError, Kind};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A credential that this machine knows of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Where it comes from; `None` where none is configured.
    pub source: Option<String>,
    /// Why it cannot be used as it is, as far as that can be told without the network.
    pub problem: Option<String>,
}

/// A token was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The file that it is in. `None`: the system's keyring.
    pub path: Option<PathBuf>,
    /// A place that comes before that one, and has another token.
    pub shadowed_by: Option<String>,
}

/// A token was removed, if there was one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The file that it was in, or would have been.
    pub path: PathBuf,
    /// The file had one.
    pub removed: bool,
    /// The system's keyring had one.
    pub from_keyring: bool,
    /// A place that still has one.
    pub left: Option<String>,
}

impl Credentials {
    /// All credentials that are built in or configured, sorted by name. No network is asked.
    pub fn list(&self) -> Vec<Listed> {
        let names = self.names();
        let listed = names.iter().map(|name| {
            let source = self.source(name);
            let problem = match (&source, self.kind(name)) {
                (Err(error), _) => Some(error.to_string()),
                (Ok(Some(_)), Ok(Kind::Bearer(place))) => {
                    place.token().err().map(|error| error.to_string())
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

    /// The file that a credential of this name is read from, or would be.
    ///
    /// # Errors
    /// [`CredentialsError::Unknown`] where nothing can have this name, [`CredentialsError::Unobtainable`] where
    /// there is no home folder, [`CredentialsError::KeptElsewhere`] where a [`Resolver`](super::Resolver) answers.
    pub fn path(&self, name: &str) -> Result<PathBuf, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => Ok(aws.path()),
            Kind::Bearer(place) => place.path(),
            Kind::Given(given) => Err(given.kept_elsewhere(name)),
        }
    }

    /// The place of a token that cloudhost keeps itself.
    fn kept<'c>(&'c self, name: &'c str) -> Result<Place<'c>, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => Err(aws.kept_elsewhere()),
            Kind::Bearer(place) => Ok(place),
            Kind::Given(given) => Err(given.kept_elsewhere(name)),
        }
    }

    /// The file that [`Self::set`] would write to.
    ///
    /// # Errors
    /// [`CredentialsError::KeptElsewhere`] where cloudhost does not keep this one, and as [`Self::path`].
    pub fn destination(&self, name: &str) -> Result<PathBuf, CredentialsError> {
        self.kept(name)?.path()
    }

    /// Stores a token in the file of its name, in place of the one that is there. All else in the file stays.
    ///
    /// # Errors
    /// [`CredentialsError::KeptElsewhere`] where cloudhost does not keep this one,
    /// [`CredentialsError::Unobtainable`] where there is a file that makes no sense, and
    /// [`CredentialsError::Unwritable`]. After an error the file is what it was.
    pub fn set(&self, name: &str, token: &Token) -> Result<Stored, CredentialsError> {
        let place = self.kept(name)?;
        Ok(Stored {
            path: Some(place.set(token)?),
            shadowed_by: place.variable(),
        })
    }

    /// Stores a token in the system's keyring, in place of the one that is there. Programs that know the file of its
    /// name, as the Terraform provider of kdevops does, do not find it there. It can take a minute: the user may be
    /// asked for a password.
    ///
    /// # Errors
    /// [`CredentialsError::KeptElsewhere`] where cloudhost does not keep this one,
    /// [`CredentialsError::Unobtainable`] where there is no keyring, or it does not answer.
    pub fn set_in_keyring(&self, name: &str, token: &Token) -> Result<Stored, CredentialsError> {
        let place = self.kept(name)?;
        place.set_in_keyring(token)?;
        Ok(Stored {
            path: None,
            shadowed_by: place.before_keyring(),
        })
    }

    /// Whether the credential of this name comes from the system's keyring. The keyring is not asked.
    ///
    /// # Errors
    /// [`CredentialsError::Unknown`] where nothing can have this name.
    pub fn is_in_keyring(&self, name: &str) -> Result<bool, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(_) | Kind::Given(_) => Ok(false),
            Kind::Bearer(place) => Ok(place.is_in_keyring()),
        }
    }

    /// Removes what [`Self::set`] and [`Self::set_in_keyring`] stored: the token, and the file if nothing else is in
    /// it.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn remove(&self, name: &str) -> Result<Removed, CredentialsError> {
        let place = self.kept(name)?;
        Ok(Removed {
            path: place.path()?,
            from_keyring: place.remove_from_keyring()?,
            removed: place.remove()?,
            left: place.variable(),
        })
    }

    /// The names that are built in, that a variable is for, or that a file has.
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
        // A file of such a name is not where the credential comes from.
        let files = files.filter(|name| !own.contains(&name.as_str()));
        own.iter()
            .map(|name| (*name).to_owned())
            .chain(variables)
            .chain(files)
            .filter(|name| self.kind(name).is_ok())
            .collect()
    }
}
