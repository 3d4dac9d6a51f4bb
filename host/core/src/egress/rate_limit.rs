//! Rate limiting: the rates that clouds publish, kept by spacing requests.
//!
//! Each identity and host has one queue. The first in it waits until the spacing since the last request is over,
//! without a place in flight, and then takes both its turn and a place. After a pause a burst may go at once, if the rate
//! has one. Without a burst the spacing counts from the response if that arrives before the next turn: a slow handshake must
//! not bring two requests to the server together.
//!
//! Runs of the program share a rate by [`SharedRate`]s: two commands in a row are two requests in a row.

use super::budget::Permit;
use crate::capability::Rate;
use crate::contract::Digest;
use cloudhost_files::SharedRate;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{AcquireError, Semaphore};
use tokio::time::Instant;

/// A rate: the time from one request to the next, and the requests that can go at once after a pause.
#[derive(Clone, Copy)]
pub(super) struct Bucket {
    pub spacing: Duration,
    pub burst: u32,
}

impl From<&Rate> for Bucket {
    fn from(rate: &Rate) -> Self {
        Self {
            spacing: rate.spacing(),
            burst: rate.burst,
        }
    }
}

impl Bucket {
    /// The time by which requests may be ahead of their spacing.
    fn ahead(self) -> Duration {
        self.spacing * self.burst.saturating_sub(1)
    }
}

/// The queues of all identities.
pub(super) struct RateLimiters {
    folder: Option<PathBuf>,
    made: Mutex<HashMap<(String, String), Arc<Pace>>>,
}

/// The queue of one identity for one host.
pub(super) struct Pace {
    /// Held by the request whose turn is next. First come, first served; one that is cancelled leaves no gap.
    queue: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    shared: Option<SharedRate>,
}

#[derive(Default)]
struct State {
    /// Number of turns taken.
    turns: u64,
    /// Time of the next turn, if the turns so far had come at their spacing.
    due: Option<Instant>,
}

/// A place in flight, and the turn if there is a rate. It ends when dropped.
pub(super) struct Slot {
    _permit: Permit,
    _paced: Option<Paced>,
}

struct Paced {
    pace: Arc<Pace>,
    bucket: Bucket,
    number: u64,
}

impl RateLimiters {
    /// Queues that share their rates in this directory, if any.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            made: Mutex::default(),
        }
    }

    /// The queue of an identity for a host.
    pub(super) fn of(&self, identity: &str, host: &str) -> Arc<Pace> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (identity.to_owned(), host.to_owned());
        let pace = made.entry(key).or_insert_with(|| {
            // The identity can name a file or an account: it is no name of a directory.
            let name = Digest::of(identity.as_bytes()).hex();
            let folder = self.folder.as_ref().map(|folder| folder.join(name));
            Arc::new(Pace {
                queue: tokio::sync::Mutex::default(),
                state: Mutex::default(),
                shared: folder.map(|folder| SharedRate::new(folder.join(host), crate::clock::now)),
            })
        });
        pace.clone()
    }
}

impl Slot {
    /// Waits for a place, and for the turn if there is a rate.
    pub(super) async fn wait(
        in_flight: &Arc<Semaphore>,
        rate: Option<&(Arc<Pace>, Bucket)>,
    ) -> Result<Self, AcquireError> {
        let Some((pace, bucket)) = rate else {
            return Ok(Self {
                _permit: in_flight.clone().acquire_owned().await?,
                _paced: None,
            });
        };
        let _first = pace.queue.lock().await;
        loop {
            let permit = in_flight.clone().acquire_owned().await?;
            match pace.claim(*bucket) {
                Ok(number) => {
                    let paced = Paced {
                        pace: pace.clone(),
                        bucket: *bucket,
                        number,
                    };
                    return Ok(Self {
                        _permit: permit,
                        _paced: Some(paced),
                    });
                }
                Err(wait) => {
                    drop(permit);
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        self.pace.ended(self.number, self.bucket);
    }
}

impl Pace {
    /// Takes the turn, or returns the time until the next one.
    fn claim(&self, bucket: Bucket) -> Result<u64, Duration> {
        let mut state = self.state();
        let now = Instant::now();
        let latest = now + bucket.ahead();
        if let Some(due) = state.due
            && due > latest
        {
            return Err(due - latest);
        }
        if let Some(shared) = &self.shared {
            shared.claim(bucket.spacing, bucket.burst)?;
        }
        state.turns += 1;
        state.due = Some(state.due.map_or(now, |due| due.max(now)) + bucket.spacing);
        Ok(state.turns)
    }

    /// Ends a turn. The next one counts from here, unless it was taken meanwhile.
    fn ended(&self, number: u64, bucket: Bucket) {
        let mut state = self.state();
        if state.turns == number && bucket.burst <= 1 {
            state.due = Some(Instant::now() + bucket.spacing);
            if let Some(shared) = &self.shared {
                let _ = shared.set();
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;

    const SPACING: Duration = Duration::from_millis(100);

    fn rate(paces: &RateLimiters, host: &str) -> Option<(Arc<Pace>, Bucket)> {
        let bucket = Bucket {
            spacing: SPACING,
            burst: 1,
        };
        Some((paces.of("p", host), bucket))
    }

    /// The times of these turns, each of which lasts this long.
    async fn turns(count: u64, takes: Duration, places: usize) -> Vec<Duration> {
        let (paces, in_flight) = (RateLimiters::new(None), Arc::new(Semaphore::new(places)));
        let rate = rate(&paces, "a.com");
        let start = Instant::now();
        let one = || async {
            let turn = Slot::wait(&in_flight, rate.as_ref()).await.unwrap();
            let at = start.elapsed();
            tokio::time::sleep(takes).await;
            drop(turn);
            at
        };
        let mut at = join_all((0..count).map(|_| one())).await;
        at.sort();
        at
    }

    fn assert_spaced(at: &[Duration], gap: Duration) {
        assert!(at.windows(2).all(|pair| pair[1] - pair[0] >= gap), "{at:?}");
    }

    #[tokio::test]
    async fn an_answer_in_time_counts() {
        let takes = SPACING / 2;
        assert_spaced(&turns(3, takes, 9).await, SPACING + takes);
    }

    /// A slow response does not delay the next turn.
    #[tokio::test]
    async fn slow_answers_overlap() {
        let takes = SPACING * 15;
        let at = turns(4, takes, 9).await;
        assert_spaced(&at, SPACING);
        assert!(at[3] < takes, "{at:?}");
    }

    #[tokio::test]
    async fn but_not_more_than_there_are_places() {
        let takes = SPACING * 2;
        assert_spaced(&turns(3, takes, 1).await, SPACING + takes);
    }

    /// Requests that wait for a turn leave the places to others.
    #[tokio::test]
    async fn waiting_holds_no_place() {
        let (paces, in_flight) = (RateLimiters::new(None), Arc::new(Semaphore::new(1)));
        let (slow, other) = (rate(&paces, "a.com"), rate(&paces, "b.com"));
        let slow = slow.map(|(pace, mut bucket)| {
            bucket.spacing *= 10;
            (pace, bucket)
        });
        drop(Slot::wait(&in_flight, slow.as_ref()).await.unwrap());
        let start = Instant::now();
        let late = async {
            drop(Slot::wait(&in_flight, slow.as_ref()).await.unwrap());
            start.elapsed()
        };
        let early = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            // Another host, and a request without a rate.
            drop(Slot::wait(&in_flight, other.as_ref()).await.unwrap());
            drop(Slot::wait(&in_flight, None).await.unwrap());
            start.elapsed()
        };
        let (late, early) = tokio::join!(late, early);
        assert!(late >= SPACING * 9 && early < late, "{late:?} {early:?}");
    }

    #[tokio::test]
    async fn who_gives_up_leaves_no_gap() {
        let (paces, in_flight) = (RateLimiters::new(None), Arc::new(Semaphore::new(9)));
        let rate = rate(&paces, "a.com");
        drop(Slot::wait(&in_flight, rate.as_ref()).await.unwrap());
        let start = Instant::now();
        let one = || Slot::wait(&in_flight, rate.as_ref());
        let given_up = join_all((0..50).map(|_| tokio::time::timeout(SPACING / 2, one()))).await;
        assert!(given_up.iter().all(Result::is_err));
        drop(one().await.unwrap());
        // Not 51 times.
        assert!(start.elapsed() < SPACING * 20, "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_burst_goes_at_once_and_the_rest_is_spaced() {
        let (paces, in_flight) = (RateLimiters::new(None), Arc::new(Semaphore::new(9)));
        let rate = rate(&paces, "a.com").map(|(pace, mut bucket)| {
            bucket.burst = 3;
            (pace, bucket)
        });
        let start = Instant::now();
        let mut at = Vec::new();
        for _ in 0..5 {
            drop(Slot::wait(&in_flight, rate.as_ref()).await.unwrap());
            at.push(start.elapsed());
        }
        assert!(at[2] < SPACING, "{at:?}");
        assert!(at[3] >= SPACING && at[4] >= SPACING * 2, "{at:?}");
    }

    #[test]
    fn each_identity_and_host_has_its_own() {
        let paces = RateLimiters::new(None);
        assert!(Arc::ptr_eq(&paces.of("p", "a"), &paces.of("p", "a")));
        assert!(!Arc::ptr_eq(&paces.of("p", "a"), &paces.of("q", "a")));
        assert!(!Arc::ptr_eq(&paces.of("p", "a"), &paces.of("p", "b")));
    }
}
