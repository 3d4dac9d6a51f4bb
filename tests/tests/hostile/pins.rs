//! Assumptions of the sandbox about wasmtime 48: if a later version behaves differently, one of these fails first.

use std::time::{Duration, Instant};
use wasmtime::component::{Component, Instance, Linker};
use wasmtime::{Config, Engine, Module, Store, StoreLimits, StoreLimitsBuilder};

/// A component that waits for the host, or loops forever.
const GUEST: &str = r#"(component
    (import "sleep" (func $sleep))
    (core func $lowered (canon lower (func $sleep)))
    (core module $module
        (import "" "sleep" (func $sleep))
        (func (export "wait") (call $sleep))
        (func (export "spin") (loop (br 0))))
    (core instance $instance (instantiate $module (with "" (instance (export "sleep" (func $lowered))))))
    (func (export "wait") (canon lift (core func $instance "wait")))
    (func (export "spin") (canon lift (core func $instance "spin"))))"#;
const SLEEP: Duration = Duration::from_millis(1_000);

async fn guest() -> (Engine, Store<()>, Instance) {
    let mut config = Config::new();
    config.epoch_interruption(true);
    let engine = Engine::new(&config).unwrap();
    let component = Component::new(&engine, wat::parse_str(GUEST).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    let sleep = linker.root().func_wrap_async("sleep", |_, (): ()| {
        Box::new(async {
            tokio::time::sleep(SLEEP).await;
            Ok(())
        })
    });
    sleep.unwrap();
    let mut store = Store::new(&engine, ());
    store.set_epoch_deadline(1);
    let instance = linker
        .instantiate_async(&mut store, &component)
        .await
        .unwrap();
    (engine, store, instance)
}

async fn call(store: &mut Store<()>, instance: &Instance, name: &str) -> wasmtime::Result<()> {
    let function = instance.get_typed_func::<(), ()>(&mut *store, name)?;
    function.call_async(&mut *store, ()).await
}

fn tick_after(engine: &Engine, time: Duration) {
    let engine = engine.clone();
    std::thread::spawn(move || {
        std::thread::sleep(time);
        engine.increment_epoch();
    });
}

#[tokio::test]
async fn pin_an_epoch_does_not_end_a_host_call() {
    let (engine, mut store, instance) = guest().await;
    tick_after(&engine, Duration::from_millis(50));
    let start = Instant::now();
    let _ = call(&mut store, &instance, "wait").await;
    assert!(start.elapsed() >= SLEEP, "{:?}", start.elapsed());
}

#[tokio::test]
async fn pin_a_timeout_ends_a_host_call_and_the_store_is_of_no_more_use() {
    let (_, mut store, instance) = guest().await;
    let start = Instant::now();
    let waited = call(&mut store, &instance, "wait");
    let waited = tokio::time::timeout(Duration::from_millis(50), waited).await;
    assert!(
        waited.is_err() && start.elapsed() < SLEEP / 2,
        "{:?}",
        start.elapsed()
    );
    let again = call(&mut store, &instance, "wait").await.unwrap_err();
    assert!(
        format!("{again:#}").contains("cannot enter component instance"),
        "{again:#}"
    );
}

#[tokio::test]
async fn pin_an_epoch_ends_an_endless_loop() {
    let (engine, mut store, instance) = guest().await;
    tick_after(&engine, Duration::from_millis(100));
    let start = Instant::now();
    let trap = call(&mut store, &instance, "spin").await.unwrap_err();
    let took = start.elapsed();
    assert_eq!(trap.downcast_ref(), Some(&wasmtime::Trap::Interrupt));
    assert!((90..1_000).contains(&took.as_millis()), "{took:?}");
}

/// Limits of a store are per memory. So the host itself counts the sum.
#[test]
fn pin_store_limits_see_one_memory_at_a_time() {
    let engine = Engine::default();
    let instantiate = |text: &str| {
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let limits = StoreLimitsBuilder::new().memory_size(65_536).build();
        let mut store: Store<StoreLimits> = Store::new(&engine, limits);
        store.limiter(|limits| limits);
        wasmtime::Instance::new(&mut store, &module, &[])
    };
    assert!(instantiate("(module (memory 1) (memory 1) (memory 1))").is_ok());
    assert!(instantiate("(module (memory 2))").is_err());
}
