//! Concurrent requests.

/// Runs all futures concurrently and returns their outputs in the order of the futures. Their number is not limited
/// here: the host bounds concurrent requests.
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
