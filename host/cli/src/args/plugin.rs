//! `cloudhost plugin ...`

use crate::project::Language;
use clap::{Args, Subcommand, ValueHint};
use cloudhost::capability::{Grant, HostPattern};
use cloudhost::install::{Accept, Consent, Given};
use cloudhost::limits::Limit;
use cloudhost::plugin::Digest;
use cloudhost::source::{OciReference, SignerKey, Source};
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// The providers that there are
    List,
    /// What a plugin is, what it asks for and what it was granted, without running a file's code
    Inspect {
        /// Name of a provider, or a file
        plugin: String,
    },
    /// Install a plugin, after showing what it asks for; what --limit says is kept for it
    Install {
        /// A file, an https URL, or oci://REGISTRY/REPOSITORY:TAG
        source: Source,
        #[command(flatten)]
        fetched: FetchedArgs,
        #[command(flatten)]
        consent: ConsentArgs,
    },
    /// Replace installed plugins by what is at their source now; one that asks for more is shown, and not taken
    /// before you agree
    Update {
        /// Only this one
        name: Option<String>,
        /// From here, instead of from where it came
        source: Option<Source>,
        #[command(flatten)]
        fetched: FetchedArgs,
        #[command(flatten)]
        consent: ConsentArgs,
        /// Agree to what else differs: settings, rates, signer, downgrade or same-version
        #[arg(long, value_name = "WHAT", requires = "name")]
        accept: Vec<Accept>,
    },
    /// Give an installed plugin more of what it asks for, or with --limit more of this machine
    Grant {
        /// The plugin
        name: String,
        #[command(flatten)]
        items: GrantArgs,
        /// All that it asks for
        #[arg(long, conflicts_with_all = ["host", "credential"], required_unless_present_any = ["host", "credential", "limit"])]
        all: bool,
    },
    /// Take from an installed plugin what it was granted; everything where nothing is named
    Revoke {
        /// The plugin
        name: String,
        #[command(flatten)]
        items: GrantArgs,
    },
    /// Remove an installed plugin, its grant, and the catalogs that it fetched
    Remove {
        /// The plugin
        name: String,
    },
    /// Make the project of a new plugin, in a folder of its name
    New {
        /// Its name, as `my-cloud`
        name: String,
        /// What it is written in
        #[arg(long, value_enum, default_value_t)]
        lang: Language,
    },
    /// Build a plugin: its project's NAME.wasm
    Build {
        /// The folder of the project
        #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
        project: PathBuf,
    },
    /// Put a manifest into a component that was built by other tools
    Pack {
        /// The component
        #[arg(value_hint = ValueHint::FilePath)]
        component: PathBuf,
        /// What it asks for
        #[arg(long, default_value = "manifest.toml", value_hint = ValueHint::FilePath)]
        manifest: PathBuf,
        /// The plugin that this makes [default: in place of the component]
        #[arg(long, short = 'o', value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: Option<PathBuf>,
    },
    /// Try a plugin with its recordings, and with what can go wrong; exit status 1 if something does
    Test(TestArgs),
    /// Put a plugin into a registry
    Push(PushArgs),
    /// Check installed plugins: bytes, signatures, grants; exit status 9 if something is wrong
    Verify {
        /// Only this one
        name: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct TestArgs {
    /// The folder of its project, which is built first; a component; or the name of a provider
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub plugin: PathBuf,
    /// A recording that `--record` made, or a folder of some [default: `recordings` beside the component]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub recordings: Option<PathBuf>,
    /// Set a setting of the provider, as when it was recorded
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::run::pair)]
    pub set: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub struct PushArgs {
    /// The component
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Where to, as oci://REGISTRY/REPOSITORY:TAG; logins are those of `docker login`
    pub reference: OciReference,
    /// Its signature, as `minisign -S` writes it [default: FILE.minisig, where it is]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub signature: Option<PathBuf>,
}

/// What has to be true of the bytes
#[derive(Debug, Args)]
pub struct FetchedArgs {
    /// Take these bytes and no others
    #[arg(long, value_name = "sha256:HEX")]
    pub digest: Option<Digest>,

    /// Take only what this key of minisign signed
    #[arg(long, value_name = "KEY|FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<SignerArg>,
}

/// What you agree to
#[derive(Debug, Args)]
pub struct ConsentArgs {
    /// Grant all that it asks for; of an update, all that is new
    #[arg(long, conflicts_with_all = ["allow_host", "allow_credential"])]
    pub grant_all: bool,

    /// Grant this host, and nothing that is not named so
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<HostPattern>,

    /// Grant this credential, and nothing that is not named so
    #[arg(long, value_name = "NAME")]
    pub allow_credential: Vec<String>,
}

impl ConsentArgs {
    /// What was said so; nothing of it, and the user has to be asked.
    pub fn consent(&self, accept: &[Accept], limits: &[(Limit, u64)]) -> Consent {
        let these = Grant {
            hosts: self.allow_host.clone(),
            credentials: self.allow_credential.clone(),
        };
        Consent {
            given: match (self.grant_all, these == Grant::default()) {
                (true, _) => Some(Given::All),
                (false, false) => Some(Given::These(these)),
                (false, true) => None,
            },
            accept: accept.to_vec(),
            limits: limits.to_vec(),
        }
    }
}

/// Hosts and credentials
#[derive(Debug, Args)]
pub struct GrantArgs {
    /// This host, or a part of what it asks for
    #[arg(long)]
    pub host: Vec<HostPattern>,

    /// The credential of this name
    #[arg(long, value_name = "NAME")]
    pub credential: Vec<String>,
}

impl GrantArgs {
    /// The same as a grant.
    pub fn grant(&self) -> Grant {
        Grant {
            hosts: self.host.clone(),
            credentials: self.credential.clone(),
        }
    }
}

/// A public key, given itself or by its file.
#[derive(Clone, Debug)]
pub struct SignerArg(pub SignerKey);

impl FromStr for SignerArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(key) = text.parse() {
            return Ok(Self(key));
        }
        let file = std::fs::read_to_string(text)
            .map_err(|error| format!("it is no public key of minisign, and no file: {error}"))?;
        let key = file.parse::<SignerKey>();
        key.map(Self).map_err(|error| error.to_string())
    }
}
