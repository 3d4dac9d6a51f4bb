//! Many requests at once.

/// Runs every future at once and returns their outputs in the order of the futures. There is no bound here: the
/// host bounds what is in flight.
///
/// ```
/// use cloudhost_sdk::http::{Request, Response, HttpError};
/// use cloudhost_sdk::{World, join_all};
///
/// async fn pages<W: World>(world: &W, urls: &[String]) -> Vec<Result<Response, HttpError>> {
///     join_all(urls.iter().map(|url| world.fetch(Request::get(url)))).await
/// }
/// ```
pub async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    futures::future::join_all(futures).await
}
