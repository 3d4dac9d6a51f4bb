//! Virtual time and seeded randomness.

use crate::Environment;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use std::sync::Mutex;
use std::time::Duration;

struct State {
    now: Timestamp,
    monotonic: Duration,
    random: u64,
}

/// The environment of a simulation. Its clock moves only when it is told to.
pub(crate) struct Virtual(Mutex<State>);

/// Next number of a sequence that a seed determines (splitmix64).
pub(crate) fn scramble(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Virtual {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(State {
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            monotonic: Duration::from_secs(1000),
            random: seed,
        }))
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let mut state = self.0.lock().unwrap();
        state.now += time;
        state.monotonic += time;
    }

    /// Lets the time of day jump.
    pub(crate) fn jump(&self, seconds: i64) {
        let mut state = self.0.lock().unwrap();
        state.now += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn number(&self) -> u64 {
        scramble(&mut self.0.lock().unwrap().random)
    }

    /// True in about this many of a thousand cases.
    pub(crate) fn chance(&self, thousandths: u64) -> bool {
        self.number() % 1000 < thousandths
    }
}

impl Environment for Virtual {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().now
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap().monotonic
    }

    /// Never ready: a simulation moves the clock itself.
    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }

    fn random(&self) -> std::io::Result<[u8; 16]> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.number().to_le_bytes());
        bytes[8..].copy_from_slice(&self.number().to_le_bytes());
        Ok(bytes)
    }
}
