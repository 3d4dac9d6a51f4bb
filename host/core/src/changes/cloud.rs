//! The clouds of the engine: calls of plugins.

use crate::capability::Denial;
use crate::contract::Digest;
use crate::contract::cloudhost::provider::types::{Error as CloudError, ErrorKind, Scope};
use crate::egress;
use crate::host::{Host, HostError, Provider};
use cloudhost_operations::{
    Account, Begun, Cloud, Clouds, Intent, Made, Permit, ResourceId, Running, Status, Step,
};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The providers of a host, each with the account of its credential.
pub(super) struct Accounts {
    host: Host,
    /// Accounts by provider, as the clouds reported them.
    identities: Mutex<HashMap<String, String>>,
    clouds: Mutex<HashMap<String, Arc<ProviderCloud>>>,
}

impl Accounts {
    pub(super) fn new(host: Host) -> Self {
        Self {
            host,
            identities: Mutex::default(),
            clouds: Mutex::default(),
        }
    }

    /// The account of a provider's credential. The cloud is asked once.
    pub(super) async fn of(&self, provider: &Provider) -> Result<Account, HostError> {
        let name = provider.name();
        let known = locked(&self.identities).get(name).cloned();
        let identity = match known {
            Some(identity) => identity,
            None => {
                let identity = provider.account_id().await?;
                locked(&self.identities).insert(name.to_owned(), identity.clone());
                identity
            }
        };
        Ok(Account {
            provider: name.to_owned(),
            identity,
        })
    }

    async fn provider(&self, name: &str) -> Result<Arc<ProviderCloud>, HostError> {
        let known = locked(&self.clouds).get(name).cloned();
        if let Some(cloud) = known {
            return Ok(cloud);
        }
        let cloud = Arc::new(ProviderCloud(self.host.provider(name).await?));
        locked(&self.clouds).insert(name.to_owned(), cloud.clone());
        Ok(cloud)
    }

    /// The provider of an account, with a credential of this account.
    pub(super) async fn of_account(
        &self,
        account: &Account,
    ) -> Result<Arc<ProviderCloud>, CloudError> {
        let cloud = self.provider(&account.provider).await.map_err(as_cloud)?;
        let current = self.of(&cloud.0).await.map_err(as_cloud)?;
        if current != *account {
            return Err(error(
                ErrorKind::Unauthenticated,
                format!(
                    "the credential of {} is of account {}, and the operation changes account {}",
                    account.provider, current.identity, account.identity
                ),
            ));
        }
        Ok(cloud)
    }
}

impl Clouds for Accounts {
    fn cloud<'a>(
        &'a self,
        account: &'a Account,
    ) -> BoxFuture<'a, Result<Arc<dyn Cloud>, CloudError>> {
        async {
            let cloud = self.of_account(account).await?;
            Ok(cloud as Arc<dyn Cloud>)
        }
        .boxed()
    }
}

/// A provider as a cloud of the engine.
pub(super) struct ProviderCloud(pub(super) Provider);

impl Cloud for ProviderCloud {
    fn run<'a>(
        &'a self,
        step: &'a Step,
        made: &'a [Made],
        intent: &'a Intent,
        permit: Arc<Permit>,
    ) -> BoxFuture<'a, Result<Begun, CloudError>> {
        async move {
            let permit = Arc::new(Sending(permit));
            let begun = self.0.run_step(step, made, intent, permit).await;
            begun.map_err(as_cloud)
        }
        .boxed()
    }

    fn undo<'a>(
        &'a self,
        step: &'a Step,
        target: &'a ResourceId,
        intent: &'a Intent,
        permit: Arc<Permit>,
    ) -> BoxFuture<'a, Result<Begun, CloudError>> {
        async move {
            let permit = Arc::new(Sending(permit));
            let begun = self.0.undo_step(step, target, intent, permit).await;
            begun.map_err(as_cloud)
        }
        .boxed()
    }

    fn cancel<'a>(
        &'a self,
        running: &'a Running,
        permit: Arc<Permit>,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        async move {
            let permit = Arc::new(Sending(permit));
            self.0
                .cancel_change(running, permit)
                .await
                .map_err(as_cloud)
        }
        .boxed()
    }

    fn poll<'a>(
        &'a self,
        running: &'a [Running],
    ) -> BoxFuture<'a, Vec<Result<Status, CloudError>>> {
        async move {
            match self.0.poll_changes(running).await {
                Ok(results) => results,
                Err(error) => {
                    let error = as_cloud(error);
                    running.iter().map(|_| Err(error.clone())).collect()
                }
            }
        }
        .boxed()
    }

    fn recover<'a>(
        &'a self,
        step: &'a Step,
        made: &'a [Made],
        intent: &'a Intent,
    ) -> BoxFuture<'a, Result<Vec<Begun>, CloudError>> {
        async move {
            let found = self.0.recover_step(step, made, intent).await;
            found.map_err(as_cloud)
        }
        .boxed()
    }
}

/// The engine's permit, as egress asks for it.
struct Sending(Arc<Permit>);

impl egress::Permit for Sending {
    fn sending(&self, digest: Digest) -> BoxFuture<'_, Result<(), Denial>> {
        async move {
            let sent = self.0.sending(&digest).await;
            sent.map_err(|refused| Denial::Change {
                method: "request",
                host: "refused".to_owned(),
                missing: None,
                why: refused.to_string(),
            })
        }
        .boxed()
    }
}

/// The host's error as one of a cloud. A call that ended by a crash or a limit can have had an effect, if a request was
/// sent: `internal`.
pub(super) fn as_cloud(failed: HostError) -> CloudError {
    match failed {
        HostError::Cloud { error, advice, .. } => {
            let mut error = *error;
            error.advice = error.advice.or(advice);
            error
        }
        HostError::Credentials(credentials) => {
            error(ErrorKind::Unauthenticated, credentials.to_string())
        }
        HostError::Denied(denial) => error(ErrorKind::PermissionDenied, denial.to_string()),
        other @ (HostError::NoInterface { .. } | HostError::UnknownProvider { .. }) => {
            error(ErrorKind::Unsupported, other.to_string())
        }
        other => error(ErrorKind::Internal, other.to_string()),
    }
}

pub(super) fn error(kind: ErrorKind, message: String) -> CloudError {
    CloudError {
        kind,
        scope: Scope::Request,
        code: None,
        message,
        request_id: None,
        retry_after_ms: None,
        advice: None,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
