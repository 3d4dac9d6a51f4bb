//! What is configured on this machine, and what cloudhost keeps itself.
//!
//! Only bearer tokens are kept here, each in the file that its [`Place`](super::bearer::Place) reads; a cloud
//! with tools of its own, as AWS, keeps its credentials by those.

use super::bearer::{self, Token};
use super::{AWS, Credentials, CredentialsError, Kind, LAMBDALABS};
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
    /// The file that it is in.
    pub path: PathBuf,
    /// A place that comes before that file, and has another token.
    pub shadowed_by: Option<String>,
}

/// A token was removed, if there was one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The file that it was in, or would have been.
    pub path: PathBuf,
    /// There was one.
    pub removed: bool,
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
    /// there is no home folder.
    pub fn path(&self, name: &str) -> Result<PathBuf, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => Ok(aws.path()),
            Kind::Bearer(place) => place.path(),
        }
    }

    /// The file that [`Self::set`] would write to.
    ///
    /// # Errors
    /// [`CredentialsError::KeptElsewhere`] where cloudhost does not keep this one, and as [`Self::path`].
    pub fn destination(&self, name: &str) -> Result<PathBuf, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => Err(aws.kept_elsewhere()),
            Kind::Bearer(place) => place.path(),
        }
    }

    /// Stores a token in the file of its name, in place of the one that is there. All else in the file stays.
    ///
    /// # Errors
    /// [`CredentialsError::KeptElsewhere`] where cloudhost does not keep this one,
    /// [`CredentialsError::Unobtainable`] where there is a file that makes no sense, and
    /// [`CredentialsError::Unwritable`]. After an error the file is what it was.
    pub fn set(&self, name: &str, token: &Token) -> Result<Stored, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => Err(aws.kept_elsewhere()),
            Kind::Bearer(place) => Ok(Stored {
                path: place.set(token)?,
                shadowed_by: place.variable(),
            }),
        }
    }

    /// Removes what [`Self::set`] stored: the token, and the file if nothing else is in it.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn remove(&self, name: &str) -> Result<Removed, CredentialsError> {
        match self.kind(name)? {
            Kind::Aws(aws) => Err(aws.kept_elsewhere()),
            Kind::Bearer(place) => Ok(Removed {
                path: place.path()?,
                removed: place.remove()?,
                left: place.variable(),
            }),
        }
    }

    /// The names that are built in, that a variable is for, or that a file has.
    fn names(&self) -> BTreeSet<String> {
        let variables = self.environment.names().filter_map(bearer::name_of);
        let files = bearer::folder(&self.environment).and_then(|folder| folder.read_dir().ok());
        let files = files.into_iter().flatten();
        let files = files.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        [AWS, LAMBDALABS]
            .map(str::to_owned)
            .into_iter()
            .chain(variables)
            .chain(files.filter(|name| ![AWS, LAMBDALABS].contains(&name.as_str())))
            .filter(|name| self.kind(name).is_ok())
            .collect()
    }
}
