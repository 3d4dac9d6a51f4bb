//! Ctrl-C, and the signal that ends a process.

/// The user pressed Ctrl-C, or the process got a signal to end.
#[derive(Debug, thiserror::Error)]
#[error("interrupted: nothing was written")]
pub struct Interrupted;

/// The user left a command while an operation goes on.
#[derive(Debug, thiserror::Error)]
#[error("interrupted: the operation {id} is not done, and the journal has it")]
pub struct Detached {
    /// The operation.
    pub id: String,
}

/// Ends at a signal. The handlers are set from now on, not only when it is waited for.
pub fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    async {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
            // Without handlers the signals end the process by themselves.
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}
