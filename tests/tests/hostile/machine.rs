//! Limits of a plugin's use of the machine: time, memory, handles.

use crate::guests::Guest;
use crate::stage::Sandboxed;
use rstest::rstest;
use std::time::Duration;

/// WASI's clocks, polling, random numbers and streams, as far as these guests need them.
const WASI: &str = "
package wasi:io@0.2.0 {
    interface poll {
        resource pollable { block: func(); }
        poll: func(in: list<borrow<pollable>>) -> list<u32>;
    }
    interface streams { resource output-stream; }
}
package wasi:clocks@0.2.0 {
    interface monotonic-clock {
        use wasi:io/poll@0.2.0.{pollable};
        subscribe-duration: func(when: u64) -> pollable;
    }
}
package wasi:cli@0.2.0 {
    interface stdout {
        use wasi:io/streams@0.2.0.{output-stream};
        get-stdout: func() -> output-stream;
    }
}
package wasi:random@0.2.0 { interface random { get-random-bytes: func(len: u64) -> list<u8>; } }
";
const CLOCK: &str = "(import \"wasi:clocks/monotonic-clock@0.2.0\" \"subscribe-duration\"
    (func $subscribe (param i64) (result i32)))";
const HOUR: &str = "(i64.const 3600000000000)";
/// Polls the same pollable COUNT times at once.
const POLL: &str = "(local $i i32) (local $p i32)
    (local.set $p (call $subscribe HOUR))
    (loop $more
        (i32.store (i32.add (i32.const 65536) (i32.mul (local.get $i) (i32.const 4))) (local.get $p))
        (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const COUNT))))
    (call $poll (i32.const 65536) (i32.const COUNT) (i32.const 3072))
    i32.const 1024";
const MIB: usize = 1 << 20;

fn cpu(limit: u64) -> Sandboxed {
    Sandboxed::with(|config| config.limits.cpu = Duration::from_millis(limit))
}

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[tokio::test]
async fn case_01_endless_loop_in_an_export() {
    let stage = cpu(100);
    let guest = Guest {
        fetch: "(loop (br 0)) unreachable",
        ..Guest::default()
    };
    let plugin = guest.plugin();
    let provider = stage.load(&plugin);
    // Compilation comes first, and does not count here.
    provider.describe().await.unwrap();
    let outcome = stage.ask(&provider, &[]).await;
    assert_eq!(outcome.limit(), "timeout.cpu");
    // A tick is 10 ms; the rest is for other tests on the same processors.
    assert!(outcome.took < Duration::from_secs(2), "{outcome:?}");
    // Its instance is gone: the next call has a new one.
    provider.describe().await.unwrap();
    stage.assert_contained(&["timeout.cpu"]).await;
}

#[tokio::test]
async fn case_02_endless_loop_while_it_is_instantiated() {
    let stage = cpu(100);
    let guest = Guest {
        fields: "(func $s (loop (br 0))) (start $s)",
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    assert_eq!(outcome.limit(), "timeout.cpu");
    stage.assert_contained(&["timeout.cpu"]).await;
}

#[tokio::test]
async fn case_03_deep_recursion() {
    let stage = Sandboxed::new();
    let guest = Guest {
        fields: "(func $r (result i32) (i32.add (call $r) (i32.const 1)))",
        fetch: "(call $r)",
        ..Guest::default()
    };
    let trap = stage.call(&guest.plugin()).await.trap();
    assert!(
        trap.contains("guest") && trap.contains("call stack exhausted"),
        "{trap}"
    );
    stage.assert_contained(&["plugin.trap"]).await;
}

#[tokio::test]
async fn case_06_memory_is_refused_at_its_limit() {
    let stage = Sandboxed::with(|config| config.limits.memory = 64 * MIB);
    let before = resident();
    let guest = Guest {
        // All of the address space, then as much as there is, page by page. Each page is written to.
        fetch: "(if (i32.ne (memory.grow (i32.const 65534)) (i32.const -1)) (then unreachable))
            (loop $more
                (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
                (i32.store (i32.mul (i32.sub (memory.size) (i32.const 1)) (i32.const 65536)) (i32.const 1))
                (br $more))
            unreachable",
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    assert_eq!(outcome.limit(), "limit.memory");
    let grown = resident().saturating_sub(before);
    assert!(grown < 512 * MIB, "{grown}");
    stage.assert_contained(&["limit.memory"]).await;
}

/// Each memory or table is within the limit alone.
#[rstest]
#[case::memories("(memory 300)", 4, "limit.memory")]
#[case::many_memories("(memory 1)", 90, "limit.instances")]
#[case::tables("(table 1200000 funcref)", 4, "limit.memory")]
#[case::many_tables("(table 1 funcref)", 90, "limit.instances")]
#[tokio::test]
async fn case_07_memories_and_tables_are_one_budget(
    #[case] field: &str,
    #[case] count: usize,
    #[case] limit: &str,
) {
    let stage = Sandboxed::with(|config| config.limits.memory = 64 * MIB);
    let fields = field.repeat(count);
    let guest = |fields| Guest {
        fields,
        ..Guest::default()
    };
    let outcome = stage.call(&guest(&fields).plugin()).await;
    assert_eq!(outcome.limit(), limit);
    // One of them is accepted.
    let one = stage.call(&guest(field).plugin()).await;
    assert!(
        !matches!(one.result, Err(cloudhost::host::HostError::Plugin(_))),
        "{one:?}"
    );
    stage.assert_contained(&[limit]).await;
}

#[tokio::test]
async fn case_08_huge_table_is_refused() {
    let stage = Sandboxed::new();
    let guest = Guest {
        fields: "(table $t 1 funcref)",
        fetch: "(if (i32.eq (table.grow $t (ref.null func) (i32.const 1000000000)) (i32.const -1)) (then unreachable))
            i32.const 1024",
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    assert_eq!(outcome.limit(), "limit.memory");
    stage.assert_contained(&["limit.memory"]).await;
}

/// 200 MiB are inside the guest's memory limit, and the host makes no copy of them.
#[rstest]
#[case::argument("(call $log (i32.const 0) (i32.const 0) (i32.const 209715200)) i32.const 1024")]
#[case::result("(i32.store (i32.const 1028) (i32.const 209715200)) i32.const 1024")]
#[tokio::test]
async fn case_09_huge_string_is_not_copied(#[case] describe: &str) {
    let stage = Sandboxed::new();
    let guest = Guest {
        imports: "(import \"cloudhost:provider/log@0.2.0\" \"write\" (func $log (param i32 i32 i32)))",
        memory: "(memory (export \"memory\") 3300)",
        describe,
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    assert_eq!(outcome.limit(), "limit.result");
    stage.assert_contained(&["limit.result"]).await;
}

#[rstest]
#[case::pollables(
    "import wasi:clocks/monotonic-clock@0.2.0;",
    CLOCK,
    "(loop (drop (call $subscribe (i64.const 1))) (br 0)) unreachable"
)]
#[case::streams(
    "import wasi:cli/stdout@0.2.0;",
    "(import \"wasi:cli/stdout@0.2.0\" \"get-stdout\" (func $stdout (result i32)))",
    "(loop (drop (call $stdout)) (br 0)) unreachable"
)]
#[tokio::test]
async fn case_11_handles_that_are_never_dropped(
    #[case] world: &str,
    #[case] imports: &str,
    #[case] fetch: &str,
) {
    let stage = Sandboxed::new();
    let before = resident();
    let guest = Guest {
        packages: WASI,
        world,
        imports,
        fetch,
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    assert_eq!(outcome.limit(), "limit.handles");
    let grown = resident().saturating_sub(before);
    assert!(grown < 512 * MIB, "{grown}");
    stage.assert_contained(&["limit.handles"]).await;
}

#[tokio::test]
async fn case_44_too_many_random_bytes() {
    let stage = Sandboxed::new();
    let guest = Guest {
        packages: WASI,
        world: "import wasi:random/random@0.2.0;",
        imports: "(import \"wasi:random/random@0.2.0\" \"get-random-bytes\" (func $random (param i64 i32)))",
        fetch: "(call $random (i64.const 1099511627776) (i32.const 3072)) i32.const 1024",
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    assert!(outcome.took < Duration::from_secs(5), "{outcome:?}");
    assert_eq!(outcome.limit(), "limit.random");
    stage.assert_contained(&["limit.random"]).await;
}

/// A sleep of an hour: alone, in a list of a thousand, and in one of a million.
#[rstest]
#[case::block(
    "(call $block (call $subscribe HOUR)) i32.const 1024",
    0,
    "timeout.wall"
)]
#[case::poll(POLL, 1_000, "timeout.wall")]
#[case::poll_a_million(POLL, 1_000_000, "limit.handles")]
#[tokio::test]
async fn case_44_sleep_ends_with_the_call(
    #[case] fetch: &str,
    #[case] count: usize,
    #[case] limit: &str,
) {
    let stage = Sandboxed::with(|config| config.limits.wall = Duration::from_millis(500));
    let fetch = fetch
        .replace("HOUR", HOUR)
        .replace("COUNT", &count.to_string());
    let imports = format!(
        "{CLOCK} (import \"wasi:io/poll@0.2.0\" \"[method]pollable.block\" (func $block (param i32)))
        (import \"wasi:io/poll@0.2.0\" \"poll\" (func $poll (param i32 i32 i32)))"
    );
    let guest = Guest {
        packages: WASI,
        world: "import wasi:clocks/monotonic-clock@0.2.0; import wasi:io/poll@0.2.0;",
        imports: &imports,
        memory: "(memory (export \"memory\") 80)",
        fetch: &fetch,
        ..Guest::default()
    };
    let outcome = stage.call(&guest.plugin()).await;
    assert_eq!(outcome.limit(), limit);
    assert!(outcome.took < Duration::from_secs(5), "{outcome:?}");
    stage.assert_contained(&[limit]).await;
}
