//! `cloudhost plugin ...`

use crate::project::Language;
use clap::{Args, Subcommand, ValueHint};
use cloudhost::capability::{Grant, HostPattern};
use cloudhost::install::{AcceptedChange, Consent, GrantChoice};
use cloudhost::limits::Limit;
use cloudhost::plugin::Digest;
use cloudhost::source::{OciReference, SignerKey, Source};
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// List built-in and installed plugins
    List,
    /// Show a plugin's identity, requested permissions and grant; one that is not installed is not executed
    Inspect {
        /// Name of a plugin, or a file, https URL or oci://REGISTRY/REPOSITORY:TAG
        plugin: String,
    },
    /// Install a plugin after showing the requested permissions; --limit sets its limits
    Install {
        /// File, https URL or oci://REGISTRY/REPOSITORY:TAG
        source: Source,
        #[command(flatten)]
        fetched: FetchedArgs,
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Update installed plugins from their sources; more permissions need your consent
    Update {
        /// Update only this plugin
        name: Option<String>,
        /// Update from here instead of the installed source
        source: Option<Source>,
        #[command(flatten)]
        fetched: FetchedArgs,
        #[command(flatten)]
        consent: ConsentArgs,
        /// Accept another change: settings, rates, signer, downgrade or same-version
        #[arg(
            long,
            value_name = "CHANGE",
            requires = "name",
            help_heading = "Consent"
        )]
        accept: Vec<AcceptedChange>,
    },
    /// Grant an installed plugin more of the requested permissions; --limit sets its limits
    Grant {
        /// Name of the plugin
        name: String,
        #[command(flatten)]
        items: GrantArgs,
        /// Grant all requested permissions
        #[arg(long, help_heading = "Permissions", conflicts_with_all = ["host", "credential"])]
        all: bool,
    },
    /// Revoke permissions of an installed plugin; all if none is named
    Revoke {
        /// Name of the plugin
        name: String,
        #[command(flatten)]
        items: GrantArgs,
    },
    /// Remove an installed plugin, its grant and its cached catalogs
    Remove {
        /// Name of the plugin
        name: String,
    },
    /// Create a plugin project, in a directory of its name
    New {
        /// Name of the plugin, such as `my-cloud`
        name: String,
        /// Programming language
        #[arg(long, value_enum, default_value_t)]
        lang: Language,
    },
    /// Build a plugin project to NAME.wasm
    Build {
        /// Directory of the project
        #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
        project: PathBuf,
    },
    /// Add a manifest to a component built by other tools
    Pack {
        /// File of the component
        #[arg(value_hint = ValueHint::FilePath)]
        component: PathBuf,
        /// File of the manifest
        #[arg(long, default_value = "manifest.toml", value_hint = ValueHint::FilePath)]
        manifest: PathBuf,
        /// Write the plugin to FILE [default: replace the component]
        #[arg(long, short = 'o', value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: Option<PathBuf>,
    },
    /// Run the conformance suite on a plugin and its recordings; exit status 1 if a case fails
    Test(TestArgs),
    /// Push a plugin to a registry
    Push(PushArgs),
    /// Verify digests, signatures and grants of installed plugins; exit status 9 if one differs
    Verify {
        /// Verify only this plugin
        name: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct TestArgs {
    /// Directory of a project, which is built first; a component; or the name of a provider
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub plugin: PathBuf,
    /// File written by `--record`, or a directory of some [default: `recordings` beside the component]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub recordings: Option<PathBuf>,
    /// Set a setting of the provider, as in the recording
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::run::pair)]
    pub set: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub struct PushArgs {
    /// File of the component
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Destination, such as oci://REGISTRY/REPOSITORY:TAG; uses the logins of `docker login`
    pub reference: OciReference,
    /// Signature by `minisign -S` [default: FILE.minisig, if it exists]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub signature: Option<PathBuf>,
}

/// Options that the downloaded bytes must match
#[derive(Debug, Args)]
#[command(next_help_heading = "Verification")]
pub struct FetchedArgs {
    /// Require this digest of the component
    #[arg(long, value_name = "sha256:HEX")]
    pub digest: Option<Digest>,

    /// Require a signature by this minisign key
    #[arg(long, value_name = "KEY|FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<SignerArg>,
}

/// Options that give consent
#[derive(Debug, Args)]
#[command(next_help_heading = "Consent")]
pub struct ConsentArgs {
    /// Grant all requested permissions, or all new ones of an update; for a URL or registry only with --digest
    #[arg(long, conflicts_with_all = ["allow_host", "allow_credential", "allow_change"])]
    pub grant_all: bool,

    /// Grant access to HOST; whatever is not listed stays denied
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<HostPattern>,

    /// Grant use of credential NAME; whatever is not listed stays denied
    #[arg(long, value_name = "NAME")]
    pub allow_credential: Vec<String>,

    /// Let it change the cloud, in operations that you start
    #[arg(long)]
    pub allow_change: bool,
}

impl ConsentArgs {
    /// Consent of the options; without any, the user is prompted.
    pub fn consent(&self, accept: &[AcceptedChange], limits: &[(Limit, u64)]) -> Consent {
        let these = Grant {
            hosts: self.allow_host.clone(),
            credentials: self.allow_credential.clone(),
            change: self.allow_change,
        };
        Consent {
            given: match (self.grant_all, these == Grant::default()) {
                (true, _) => Some(GrantChoice::All),
                (false, false) => Some(GrantChoice::These(these)),
                (false, true) => None,
            },
            accept: accept.to_vec(),
            limits: limits.to_vec(),
        }
    }
}

/// Options that name permissions
#[derive(Debug, Args)]
#[command(next_help_heading = "Permissions")]
pub struct GrantArgs {
    /// Host, or a part of a requested pattern
    #[arg(long)]
    pub host: Vec<HostPattern>,

    /// Name of a credential
    #[arg(long, value_name = "NAME")]
    pub credential: Vec<String>,

    /// Changes of the cloud, in operations that you start
    #[arg(long)]
    pub change: bool,
}

impl GrantArgs {
    /// Grant of the options.
    pub fn grant(&self) -> Grant {
        Grant {
            hosts: self.host.clone(),
            credentials: self.credential.clone(),
            change: self.change,
        }
    }
}

/// Public key, as text or in a file.
#[derive(Clone, Debug)]
pub struct SignerArg(pub SignerKey);

impl FromStr for SignerArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(key) = text.parse() {
            return Ok(Self(key));
        }
        let file = std::fs::read_to_string(text).map_err(|error| {
            format!("not a minisign public key, and not a readable file: {error}")
        })?;
        let key = file.parse::<SignerKey>();
        key.map(Self).map_err(|error| error.to_string())
    }
}
