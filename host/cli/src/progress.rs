//! Progress line during requests, on a terminal only.

use cloudhost::host::Provider;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::Duration;

/// Interval between redraws.
const REDRAW: Duration = Duration::from_millis(100);

/// Runs work, and meanwhile shows the requests of a provider.
pub async fn during<T>(quiet: bool, provider: &Provider, work: impl Future<Output = T>) -> T {
    if quiet || !std::io::stderr().is_terminal() {
        return work.await;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    let draw = async || -> std::convert::Infallible {
        loop {
            tokio::time::sleep(REDRAW).await;
            let activity = provider.activity();
            if activity.requests > 0 {
                bar.set_message(format!(
                    "querying {}: {} requests, {}",
                    provider.name(),
                    activity.requests,
                    HumanBytes(activity.bytes_in)
                ));
                bar.tick();
            }
        }
    };
    let draw = std::pin::pin!(draw());
    let work = std::pin::pin!(work);
    let done = match futures::future::select(work, draw).await {
        futures::future::Either::Left((done, _)) => done,
        futures::future::Either::Right((never, _)) => match never {},
    };
    bar.finish_and_clear();
    done
}
