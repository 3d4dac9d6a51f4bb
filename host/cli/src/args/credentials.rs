//! `cloudhost credentials ...`

use super::run::endpoint;
use clap::Subcommand;
use url::Url;

#[derive(Debug, Subcommand)]
pub enum CredentialsCommand {
    /// Store a token, read from a prompt or from stdin
    Set {
        /// Name of the provider, such as `lambdalabs`
        provider: String,

        /// Store it in the system keyring instead of the file that Terraform reads too
        #[arg(long)]
        keyring: bool,
    },
    /// Check that a usable credential is configured, without the network; exit status 3 if not
    Check {
        /// Name of the provider
        provider: String,
    },
    /// Verify a credential with one request to the cloud, and print its account
    Test {
        /// Name of the provider
        provider: String,

        /// Send the provider's requests to URL
        #[arg(long, value_name = "PROVIDER=URL", value_parser = endpoint)]
        endpoint: Vec<(String, Url)>,
    },
    /// List all credentials and where they come from
    List,
    /// Print the path of the file that a credential is read from
    Path {
        /// Name of the provider
        provider: String,
    },
    /// Remove what `set` stored
    Remove {
        /// Name of the provider
        provider: String,
    },
}
