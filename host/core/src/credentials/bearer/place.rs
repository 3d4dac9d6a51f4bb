//! Location of the token of one name: decided by the host, by the name alone.
//!
//! A plugin's manifest names a credential and nothing more. If it could name the variable or the file, one line in it
//! would send another cloud's key to the plugin's own server.

use super::super::{CredentialsError, Environment, Facts};
use super::file::{Problem, read_private};
use super::ini::Ini;
use super::keyring::{self, Keyring};
use super::locations::{KNOWN, KnownLocations};
use super::{Signed, Token};
use crate::{FilePurpose, Remedy};
use cloudhost_files::Fix;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;
use std::path::PathBuf;

/// The locations for one name.
pub(crate) struct TokenLocation<'e> {
    pub(super) name: &'e str,
    environment: &'e Environment,
    pub(crate) variables: Vec<String>,
    /// The file, if there is a home directory.
    pub(super) file: Option<PathBuf>,
    /// The variable that names the file.
    named_by: Option<&'static str>,
    pub(super) form: Form,
}

/// Format of a file.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// `[default]`, and the token under a key.
    Ini(&'static KnownLocations),
    /// The token and nothing else.
    Plain,
}

/// The location that has a token.
pub(super) enum Source {
    Variable(String),
    File(PathBuf),
    Keyring,
}

/// The directory of files that belong to no cloud's own tools.
pub(crate) fn folder(environment: &Environment) -> Option<PathBuf> {
    Some(environment.config_dir()?.join("cloudhost/credentials"))
}

/// The variable for a name without locations of its own, such as `CLOUDHOST_MY_CLOUD_TOKEN` for `my-cloud`.
fn variable(name: &str) -> String {
    let name = name.to_uppercase().replace('-', "_");
    format!("CLOUDHOST_{name}_TOKEN")
}

/// The name that a variable belongs to, if it has this form.
pub(crate) fn name_of(variable: &str) -> Option<String> {
    let name = variable
        .strip_prefix("CLOUDHOST_")?
        .strip_suffix("_TOKEN")?;
    let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let name = name.chars().all(upper).then(|| name.to_lowercase())?;
    Some(name.replace('_', "-"))
}

impl<'e> TokenLocation<'e> {
    /// The locations for a name, which is already checked.
    pub(crate) fn of(name: &'e str, environment: &'e Environment) -> Self {
        let Some(known) = KNOWN.iter().find(|known| known.name == name) else {
            return Self {
                name,
                environment,
                variables: vec![variable(name)],
                file: folder(environment).map(|folder| folder.join(name)),
                named_by: None,
                form: Form::Plain,
            };
        };
        let named = environment.get(known.file_variable);
        let named = named.map(|path| environment.expand(path));
        let at_home = || Some(environment.home()?.join(known.file));
        Self {
            name,
            environment,
            variables: known.variables.map(str::to_owned).to_vec(),
            named_by: named.is_some().then_some(known.file_variable),
            file: named
                .map(|path| std::path::absolute(&path).unwrap_or(path))
                .or_else(at_home),
            form: Form::Ini(known),
        }
    }

    /// The name.
    pub(crate) fn name(&self) -> &'e str {
        self.name
    }

    /// The first location that has a token. No file is read.
    fn source(&self) -> Option<Source> {
        let set = |name: &&String| self.environment.get(name).is_some();
        if let Some(name) = self.variables.iter().find(set) {
            return Some(Source::Variable(name.clone()));
        }
        // Requested by name and missing: a mistake that is reported when it is used. The same holds for one that
        // cannot be examined.
        let there = |path: &&PathBuf| self.named_by.is_some() || path.try_exists().unwrap_or(true);
        if let Some(path) = self.file.as_ref().filter(there) {
            return Some(Source::File(path.clone()));
        }
        self.keyring().is_used().then_some(Source::Keyring)
    }

    /// The keyring, which comes last.
    pub(super) fn keyring(&self) -> Keyring<'e> {
        Keyring::of(self.name, self.environment)
    }

    /// Reports whether the token comes from the keyring, which can take seconds.
    pub(crate) fn is_in_keyring(&self) -> bool {
        matches!(self.source(), Some(Source::Keyring))
    }

    /// The location in use before the keyring, for messages.
    pub(crate) fn before_keyring(&self) -> Option<String> {
        let source = self.source()?;
        (!matches!(source, Source::Keyring)).then(|| self.shown(&source))
    }

    /// The variable that is set and takes precedence over the file, for messages.
    pub(crate) fn variable(&self) -> Option<String> {
        let source = self.source()?;
        matches!(source, Source::Variable(_)).then(|| self.shown(&source))
    }

    /// The source, for messages.
    fn shown(&self, source: &Source) -> String {
        match source {
            Source::Variable(name) => format!("environment {name}"),
            Source::File(path) => format!("file {}", self.environment.shown(path)),
            Source::Keyring => keyring::SHOWN.to_owned(),
        }
    }

    /// `my-cloud environment CLOUDHOST_MY_CLOUD_TOKEN`, `my-cloud file /home/me/.my-cloud/credentials`, `my-cloud
    /// keyring`, `my-cloud none`. Another token in the same location is the same identity.
    pub(crate) fn identity(&self) -> String {
        let source = match self.source() {
            None => "none".to_owned(),
            Some(Source::Variable(name)) => format!("environment {name}"),
            Some(Source::File(path)) => {
                format!("file {}", path.to_string_lossy().escape_debug())
            }
            Some(Source::Keyring) => "keyring".to_owned(),
        };
        format!("{} {source}", self.name)
    }

    /// The facts that are known without the secret.
    pub(crate) fn facts(&self) -> Facts {
        let source = self.source();
        Facts {
            configured: source.is_some(),
            source: source.map(|source| self.shown(&source)),
            ..Facts::default()
        }
    }

    /// The token.
    pub(crate) fn token(&self) -> Result<Token, CredentialsError> {
        let Some(source) = self.source() else {
            return Err(self.not_configured());
        };
        let found = match &source {
            Source::Variable(name) => {
                let value = self.environment.get(name).unwrap_or_default();
                Token::check(value).map_err(Problem::of_source)
            }
            Source::File(path) => match read_private(path) {
                Ok(Some(text)) => self.parse(text.expose_secret()),
                Ok(None) => Err(self.missing()),
                Err(problem) => Err(problem),
            },
            Source::Keyring => {
                let checked = Problem::of_source;
                let text = self.keyring().get();
                text.and_then(|text| Token::check(text.expose_secret()).map_err(checked))
            }
        };
        found.map_err(|problem| self.unobtainable(&source, problem))
    }

    /// The headers that a token adds to a request (RFC 6750, 2.1).
    pub(crate) fn sign(token: &Token) -> Result<Signed, CredentialsError> {
        let text = Zeroizing::new(format!("Bearer {}", token.expose()));
        let unsignable = |_| CredentialsError::Unsignable {
            why: "the token is not visible ASCII".to_owned(),
        };
        let mut value = HeaderValue::from_str(&text).map_err(unsignable)?;
        // Kept out of `Debug`, and out of the compression table of HTTP/2.
        value.set_sensitive(true);
        let headers: Vec<(HeaderName, HeaderValue)> = vec![(AUTHORIZATION, value)];
        Ok(Signed::new(headers, std::iter::once(token.expose())))
    }

    fn parse(&self, text: &str) -> Result<Token, Problem> {
        let token = match self.form {
            Form::Ini(known) => Ini::parse(text, known.keys).and_then(|ini| ini.token()),
            Form::Plain => Token::check(text),
        };
        token.map_err(|why| Problem::new(why, self.set_again(false)))
    }

    fn missing(&self) -> Problem {
        let by = self.named_by.map(|name| format!(", named by {name}"));
        let why = format!("file not found{}", by.unwrap_or_default());
        Problem::new(why, self.set_again(false))
    }

    /// Stores the token, in the keyring or the file.
    fn set_again(&self, keyring: bool) -> Remedy {
        Remedy::SetCredential {
            name: self.name.to_owned(),
            keyring,
        }
    }

    fn not_configured(&self) -> CredentialsError {
        let file = self.file.as_ref().map(|path| self.environment.shown(path));
        let first = self
            .variables
            .first()
            .map(String::as_str)
            .unwrap_or_default();
        let variables = self.variables.iter().map(String::as_str);
        let names: Vec<&str> = match self.form {
            Form::Ini(known) => variables.chain([known.file_variable]).collect(),
            Form::Plain => variables.collect(),
        };
        CredentialsError::NotConfigured {
            title: self.name.to_owned(),
            looked_at: match file {
                Some(file) => format!("{} and {file}", names.join(", ")),
                None => names.join(", "),
            },
            remedy: Some(Box::new(Remedy::any_of([
                self.set_again(false),
                Remedy::variables([(first, "...")]),
            ]))),
        }
    }

    /// The error of a source that gives no token.
    pub(super) fn unobtainable(&self, source: &Source, problem: Problem) -> CredentialsError {
        CredentialsError::Unobtainable {
            title: self.name.to_owned(),
            origin: self.shown(source),
            why: problem.why,
            remedy: problem.remedy.or_else(|| {
                Some(Box::new(match source {
                    Source::Variable(name) => Remedy::variables([(&**name, "...")]),
                    Source::File(path) => Remedy::Files {
                        fix: Fix::Inspect(path.clone()),
                        purpose: FilePurpose::Credential,
                    },
                    Source::Keyring => self.set_again(true),
                }))
            }),
        }
    }
}
