//! Calls that can send a change, each with a permit for one, and those that belong to them.

use super::{HostError, Provider};
use crate::catalog::clean_error;
use crate::contract::cloudhost::provider::resources::{Action, ResourceId, ResourceKind, Step};
use crate::contract::cloudhost::provider::types::Error as CloudError;
use crate::contract::with_operations::exports::cloudhost::provider::operations::{
    Begun, Guarantee, Intent, Made, Operation, Status,
};
use crate::egress::Permit;
use std::sync::Arc;

/// Interface of these calls.
const OPERATIONS: &str = "operations";

impl Provider {
    /// Returns the cloud's promises for a change.
    ///
    /// # Errors
    /// [`HostError::NoInterface`] if the plugin cannot change its cloud, or when it does not run.
    pub async fn guarantee(
        &self,
        kind: ResourceKind,
        action: Action,
    ) -> Result<Guarantee, HostError> {
        let plugin = self.plugin().await?;
        let guarantee = plugin.guarantees(self.session(), kind, action).await?;
        guarantee.ok_or_else(|| self.no_interface(OPERATIONS))
    }

    /// Sends a step, with the permit for one change. `made` has the results of the steps before it.
    ///
    /// # Errors
    /// When the cloud returns an error or is unreachable, or the plugin does not run. Unless the error is the cloud's
    /// refusal, a request that the permit has let out can have had an effect.
    pub async fn run_step(
        &self,
        step: &Step,
        made: &[Made],
        intent: &Intent,
        permit: Arc<dyn Permit>,
    ) -> Result<Begun, HostError> {
        let session = self.fetch_session();
        let plugin = self.plugin().await?;
        let (step, made, intent) = (step.clone(), made.to_vec(), intent.clone());
        let result = plugin
            .run(session.clone(), permit, step, made, intent)
            .await?;
        let result = result.ok_or_else(|| self.no_interface(OPERATIONS))?;
        result.map_err(|error| self.cloud(error, &session, None))
    }

    /// Reverts a step, with the permit for one change.
    ///
    /// # Errors
    /// As [`Provider::run_step`].
    pub async fn undo_step(
        &self,
        step: &Step,
        target: &ResourceId,
        intent: &Intent,
        permit: Arc<dyn Permit>,
    ) -> Result<Begun, HostError> {
        let session = self.fetch_session();
        let plugin = self.plugin().await?;
        let (step, target, intent) = (step.clone(), target.clone(), intent.clone());
        let result = plugin
            .undo(session.clone(), permit, step, target, intent)
            .await?;
        let result = result.ok_or_else(|| self.no_interface(OPERATIONS))?;
        result.map_err(|error| self.cloud(error, &session, None))
    }

    /// Cancels a running change, with the permit for one change.
    ///
    /// # Errors
    /// As [`Provider::run_step`].
    pub async fn cancel_change(
        &self,
        running: &Operation,
        permit: Arc<dyn Permit>,
    ) -> Result<(), HostError> {
        let session = self.fetch_session();
        let plugin = self.plugin().await?;
        let result = plugin
            .cancel(session.clone(), permit, running.clone())
            .await?;
        let result = result.ok_or_else(|| self.no_interface(OPERATIONS))?;
        result.map_err(|error| self.cloud(error, &session, None))
    }

    /// Reads the state of running changes: one result for each, in the same order.
    ///
    /// # Errors
    /// When the plugin does not run.
    pub async fn poll_changes(
        &self,
        running: &[Operation],
    ) -> Result<Vec<Result<Status, CloudError>>, HostError> {
        let plugin = self.plugin().await?;
        let results = plugin.poll(self.fetch_session(), running.to_vec()).await?;
        let mut results = results.ok_or_else(|| self.no_interface(OPERATIONS))?;
        for error in results
            .iter_mut()
            .filter_map(|result| result.as_mut().err())
        {
            clean_error(error);
        }
        Ok(results)
    }

    /// Finds what a step has made with this intent, as far as the cloud shows it now.
    ///
    /// # Errors
    /// When the cloud returns an error or is unreachable, or the plugin does not run.
    pub async fn recover_step(
        &self,
        step: &Step,
        made: &[Made],
        intent: &Intent,
    ) -> Result<Vec<Begun>, HostError> {
        let session = self.fetch_session();
        let plugin = self.plugin().await?;
        let (step, made, intent) = (step.clone(), made.to_vec(), intent.clone());
        let result = plugin.recover(session.clone(), step, made, intent).await?;
        let result = result.ok_or_else(|| self.no_interface(OPERATIONS))?;
        result.map_err(|error| self.cloud(error, &session, None))
    }

    /// Converts an error of a cloud that no request of this provider has left.
    pub(crate) fn refused(&self, error: CloudError) -> HostError {
        self.cloud(error, &self.session(), None)
    }
}
