//! Whose the user's credential is, in the cloud's own words.

use super::{HostError, Provider};
use crate::contract::with_identity::exports::cloudhost::provider::identity::Account;

impl Provider<'_> {
    /// Asks the cloud whose the credential is, by one request. `None`: the plugin cannot tell.
    ///
    /// # Errors
    /// When the credential is not to be had or not accepted, the cloud cannot be reached, or the plugin fails.
    pub async fn whoami(&self) -> Result<Option<Account>, HostError> {
        for credential in &self.artifact().manifest.credentials {
            self.host.credentials.check(&credential.name).await?;
        }
        let session = self.session();
        let answer = self.plugin()?.whoami(session.clone()).await?;
        answer.transpose().map_err(|error| HostError::Cloud {
            provider: self.name().to_owned(),
            error: Box::new(error),
            cause: session.report().last_failure.map(Box::new),
            stored: false,
        })
    }
}
