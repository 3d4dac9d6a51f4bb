//! A snapshot of the process's environment.

use secrecy::{ExposeSecret as _, SecretString};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Variables, home directory and machine, in which credentials are looked up.
///
/// It is a value, so that a test or an embedder can pass another one. One part of the official AWS crates does not
/// take it: providers of containers, and `credential_source` or SSO token files inside a profile, read the process's
/// own environment.
///
/// ```
/// use cloudhost::credentials::{Credentials, Environment};
///
/// let environment = Environment::new([("LAMBDALABS_API_KEY", "secret")], None);
/// let credentials = Credentials::new(environment);
/// assert!(credentials.source("lambdalabs")?.is_some());
/// assert!(credentials.source("aws")?.is_none());
/// # Ok::<(), cloudhost::credentials::CredentialsError>(())
/// ```
#[derive(Clone, Default)]
pub struct Environment {
    /// Some of the values are secrets, and they are not marked.
    variables: HashMap<String, SecretString>,
    home: Option<PathBuf>,
    sysfs: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 are left out.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self {
            sysfs: Some(PathBuf::from("/sys")),
            ..Self::new(variables, cloudhost_files::home_dir())
        }
    }

    /// An environment of these variables and this home directory, on a machine outside any cloud.
    pub fn new<K: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (K, V)>,
        home: Option<PathBuf>,
    ) -> Self {
        Self {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), SecretString::from(value.into())))
                .collect(),
            home,
            sysfs: None,
        }
    }

    /// The same environment with this variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables
            .insert(name.to_owned(), SecretString::from(value));
        self
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(|value| value.expose_secret().trim())
            .filter(|value| !value.is_empty())
    }

    /// The names of variables that are set and not empty.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.variables.keys().map(String::as_str);
        names.filter(|name| self.get(name).is_some())
    }

    /// Reports whether a variable is true.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The user's home directory.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The directory of programs' settings: `$XDG_CONFIG_HOME`, which must be absolute, or `~/.config` (XDG Base
    /// Directory Specification).
    pub(crate) fn config_dir(&self) -> Option<PathBuf> {
        let set = self.get("XDG_CONFIG_HOME").map(PathBuf::from);
        set.filter(|path| path.is_absolute())
            .or_else(|| Some(self.home()?.join(".config")))
    }

    /// A path in display form, with `~` for the home directory.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let home = self.home.as_deref().filter(|home| home.parent().is_some());
        match home.and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }

    /// The variables in plain text, for the parts of the AWS crates that take them.
    pub(crate) fn variables(&self) -> HashMap<String, String> {
        let plain = |(name, value): (&String, &SecretString)| {
            (name.clone(), value.expose_secret().to_owned())
        };
        self.variables.iter().map(plain).collect()
    }

    /// A path in which `~/` is expanded to the home directory.
    pub(crate) fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }

    /// The kernel's directory of facts about the machine; `None` if the machine is ignored.
    pub(crate) fn sysfs(&self) -> Option<&Path> {
        self.sysfs.as_deref()
    }

    #[cfg(test)]
    pub(crate) fn with_sysfs(mut self, sysfs: PathBuf) -> Self {
        self.sysfs = Some(sysfs);
        self
    }
}

/// Shows the number of variables, and no more.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.len())
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}
