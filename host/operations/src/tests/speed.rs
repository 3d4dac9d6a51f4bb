//! Measurements, not tests: `cargo test --release -p cloudhost-operations speed -- --ignored --nocapture`.

use super::virtual_time::Virtual;
use super::world::{MANNERS, create, operation};
use crate::journal::Sqlite;
use crate::{
    Account, Action, Begun, Cloud, Clouds, Error, Intent, Made, Permit, Plan, Progress, ResourceId,
    Runner, Running, Settings, Status, Step,
};
use cloudhost_contract::Digest;
use futures::future::{BoxFuture, ready};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A cloud that accepts everything, and never ends anything.
struct Patient;

impl Cloud for Patient {
    fn run<'a>(
        &'a self,
        step: &'a Step,
        _: &'a [Made],
        intent: &'a Intent,
        permit: Arc<Permit>,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(async move {
            permit.sending(&Digest::of(intent.token.as_bytes())).await?;
            let mut target = crate::journal::tests::resource(&intent.token);
            target.name.clone_from(&step.name);
            Ok(Begun::Running(Running {
                handle: intent.token.clone(),
                action: Action::Create,
                target,
            }))
        })
    }

    fn undo<'a>(
        &'a self,
        _: &'a Step,
        target: &'a ResourceId,
        _: &'a Intent,
        _: Arc<Permit>,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(ready(Ok(Begun::Done(target.clone()))))
    }

    fn cancel<'a>(&'a self, _: &'a Running, _: Arc<Permit>) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(Ok(())))
    }

    fn poll<'a>(&'a self, running: &'a [Running]) -> BoxFuture<'a, Vec<Result<Status, Error>>> {
        let progress = Progress {
            phase: "CREATING".to_owned(),
            percent: Some(10),
            message: None,
            poll_after_ms: 10_000,
        };
        let results = running
            .iter()
            .map(|_| Ok(Status::Running(progress.clone())));
        Box::pin(ready(results.collect()))
    }

    fn recover<'a>(
        &'a self,
        _: &'a Step,
        _: &'a [Made],
        _: &'a Intent,
    ) -> BoxFuture<'a, Result<Vec<Begun>, Error>> {
        Box::pin(ready(Ok(Vec::new())))
    }
}

struct Always(Arc<Patient>);

impl Clouds for Always {
    fn cloud<'a>(&'a self, _: &'a Account) -> BoxFuture<'a, Result<Arc<dyn Cloud>, Error>> {
        let cloud: Arc<dyn Cloud> = self.0.clone();
        Box::pin(ready(Ok(cloud)))
    }
}

/// Processor time of this process, all threads.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

#[tokio::test]
#[ignore = "a measurement"]
async fn speed_of_ten_thousand_polls() {
    let root = tempfile::tempdir().unwrap();
    let clock = Arc::new(Virtual::new(1));
    let journal = Arc::new(Sqlite::open(root.path(), clock.clone()).await.unwrap());
    let clouds = Arc::new(Always(Arc::new(Patient)));
    let runner = Runner::new(journal, clouds, clock.clone(), Settings::default()).unwrap();
    let start = Instant::now();
    for number in 0..10_000 {
        let step = create(&MANNERS, &format!("n{number}"), "r", "z", &[]);
        runner
            .start(&operation(vec![Plan::new(vec![step]).unwrap()]))
            .await
            .unwrap();
    }
    println!("10,000 operations added in {:?}", start.elapsed());
    let start = Instant::now();
    while runner.tick(None).await.unwrap() > 0 {}
    println!("sent in {:?}, with four writes each", start.elapsed());
    for _ in 0..3 {
        clock.pass(Duration::from_secs(11));
        let (start, before) = (Instant::now(), processor_time());
        let mut polled = 0;
        loop {
            match runner.tick(None).await.unwrap() {
                0 => break,
                count => polled += count,
            }
        }
        let used = processor_time() - before;
        println!(
            "{polled} polled in {:?}, {used:?} of a processor",
            start.elapsed()
        );
    }
}
