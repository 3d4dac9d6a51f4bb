//! Many requests at once.

/// Runs every future at once and returns their outputs in the order of the futures. There is no bound here: the
/// host bounds what is in flight.
pub async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    futures::future::join_all(futures).await
}
