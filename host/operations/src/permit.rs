//! Permits: the last question before a request leaves.

use crate::environment::Clock;
use crate::journal::{Change, Journal, JournalError};
use crate::{Row, RowState};
use cloudhost_contract::Digest;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The request must not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Another worker has taken the operation over.
    #[error("another process has taken over this operation")]
    LeaseLost,
    /// The token was journaled with another request.
    #[error(
        "this step was already sent as a different request: a token is never sent with another body"
    )]
    OtherRequest,
    /// The call that the permit was for is over.
    #[error("a request after the end of the call that may send it")]
    Ended,
    /// The journal could not be written.
    #[error("the journal could not be written: {0}")]
    Journal(String),
}

/// The right to send the one changing request of a step. Reads need none.
pub struct Permit {
    journal: Arc<dyn Journal>,
    clock: Clock,
    inner: Mutex<Inner>,
}

impl std::fmt::Debug for Permit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

/// Purpose of a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The step's own request.
    Send,
    /// The same, where the cloud can make a second resource of it.
    SendAgain,
    /// The end of a running change.
    Cancel,
}

struct Inner {
    purpose: Purpose,
    /// Content that is written: the operation as it is, and the row.
    change: Change,
    row: Row,
    open: bool,
    sent: bool,
    fault: Option<Fault>,
    other: bool,
}

/// The reason for which no work may go on after a call.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Another worker has the operation.
    LeaseLost,
    /// The journal cannot be written.
    Journal(JournalError),
}

/// Use of a permit.
pub(crate) struct Used {
    pub(crate) row: Row,
    pub(crate) sent: bool,
    pub(crate) fault: Option<Fault>,
    /// A different request was refused.
    pub(crate) other: bool,
}

impl Permit {
    pub(crate) fn new(
        journal: Arc<dyn Journal>,
        clock: Clock,
        purpose: Purpose,
        change: Change,
        row: Row,
    ) -> Self {
        let inner = Inner {
            purpose,
            change,
            row,
            open: true,
            sent: false,
            fault: None,
            other: false,
        };
        Self {
            journal,
            clock,
            inner: Mutex::new(inner),
        }
    }

    /// Makes durable that a request with this digest is sent now. The digest covers method, address and body, not the
    /// signature. The same request can be sent again under the same permit, such as after a connection that failed.
    ///
    /// # Errors
    /// The request must not be sent.
    pub async fn sending(&self, digest: &Digest) -> Result<(), Refused> {
        let mut inner = self.inner.lock().await;
        if !inner.open {
            return Err(Refused::Ended);
        }
        match inner.fault {
            Some(Fault::LeaseLost) => return Err(Refused::LeaseLost),
            Some(Fault::Journal(ref error)) => return Err(Refused::Journal(error.to_string())),
            None => {}
        }
        let now = self.clock.now();
        let mut row = inner.row.clone();
        if inner.purpose == Purpose::Cancel {
            row.cancelled = true;
        } else {
            if row.digest.is_some_and(|known| known != *digest) {
                inner.other = true;
                return Err(Refused::OtherRequest);
            }
            row.digest = Some(*digest);
            row.state = RowState::Sent;
            row.sends = row.sends.saturating_add(1);
            row.first_sent = row.first_sent.or(Some(now));
            row.last_sent = Some(now);
            row.repeated |= inner.purpose == Purpose::SendAgain;
            row.due = now;
        }
        inner.change.rows = vec![row.clone()];
        inner.change.due = Some(now);
        match self
            .journal
            .apply(std::slice::from_ref(&inner.change))
            .await
        {
            Ok(applied) if applied.first() == Some(&true) => {
                inner.row = row;
                inner.sent = true;
                Ok(())
            }
            Ok(_) => {
                inner.fault = Some(Fault::LeaseLost);
                Err(Refused::LeaseLost)
            }
            Err(error) => {
                let refused = Refused::Journal(error.to_string());
                inner.fault = Some(Fault::Journal(error));
                Err(refused)
            }
        }
    }

    /// Ends the permit: no request is sent after this.
    pub(crate) async fn close(&self) -> Used {
        let mut inner = self.inner.lock().await;
        inner.open = false;
        Used {
            row: inner.row.clone(),
            sent: inner.sent,
            fault: inner.fault.take(),
            other: inner.other,
        }
    }
}
