//! The file: its version, faults, permissions, size, and several processes.

use super::*;
use crate::journal::tests::{id, new_operation};
use crate::tests::virtual_time::Virtual;
use crate::{JournalFix, Row as JournalRow, RowState, System};
use cloudhost_files::Fix;
use cloudhost_files::failpoint::{Injected, set, taken};
use rstest::rstest;
use sqlx::Connection as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Instant;

async fn open(root: &Path) -> Result<Sqlite, JournalError> {
    Sqlite::open(root, Arc::new(Virtual::new(7))).await
}

async fn change_file(root: &Path, statement: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(root.join(FILE));
    let mut connection = sqlx::SqliteConnection::connect_with(&options)
        .await
        .unwrap();
    sqlx::raw_sql(statement)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_newer_journal_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    open(root.path()).await.unwrap().close().await;
    change_file(
        root.path(),
        "PRAGMA user_version = 2; CREATE TABLE newer (x)",
    )
    .await;
    let before = fs::read(root.path().join(FILE)).unwrap();
    let error = open(root.path()).await.unwrap_err();
    assert!(
        matches!(
            error,
            JournalError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(error.fix(), JournalFix::Update);
    assert_eq!(fs::read(root.path().join(FILE)).unwrap(), before);
}

#[rstest]
#[case::garbage(&|path: &Path| fs::write(path, "no database ".repeat(1000)).unwrap())]
#[case::cut(&|path: &Path| fs::write(path, &fs::read(path).unwrap()[..5000]).unwrap())]
#[case::overwritten(&|path: &Path| {
    let mut bytes = fs::read(path).unwrap();
    bytes[100..8000].fill(0xa5);
    fs::write(path, bytes).unwrap();
})]
#[tokio::test]
async fn a_damaged_file_is_named_and_kept(#[case] damage: &dyn Fn(&Path)) {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path()).await.unwrap();
    journal.add(&id("a"), &new_operation()).await.unwrap();
    journal.close().await;
    let path = root.path().join(FILE);
    damage(&path);
    let before = fs::read(&path).unwrap();
    let error = match open(root.path()).await {
        Ok(journal) => journal.get(&id("a")).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains(FILE), "{error}");
    assert_eq!(error.fix(), JournalFix::Restore(path.clone()));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[rstest]
#[case("PRAGMA application_id = 5")]
#[case("DROP TABLE operations")]
#[case("UPDATE operations SET state = 'dancing'")]
#[case("UPDATE operations SET options = '{'")]
#[tokio::test]
async fn a_file_of_another_program_is_no_journal(#[case] statement: &'static str) {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path()).await.unwrap();
    journal.add(&id("a"), &new_operation()).await.unwrap();
    journal.close().await;
    change_file(root.path(), statement).await;
    let error = match open(root.path()).await {
        Ok(journal) => journal.get(&id("a")).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn other_users_cannot_open_it() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path()).await.unwrap();
    journal.add(&id("a"), &new_operation()).await.unwrap();
    let mut names = 0;
    for file in fs::read_dir(root.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        names += 1;
    }
    assert_eq!(names, 3, "the file, its log, and the index of that");
    journal.close().await;
    fs::set_permissions(root.path().join(FILE), fs::Permissions::from_mode(0o640)).unwrap();
    let error = open(root.path()).await.unwrap_err();
    assert!(matches!(error, JournalError::NotPrivate { .. }), "{error}");
}

/// A full disk loses nothing that was written, and the journal goes on when there is room again.
#[tokio::test]
async fn a_full_disk_loses_nothing() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path()).await.unwrap();
    {
        let mut writer = journal.writer.lock().await;
        let limit = sqlx::query("PRAGMA max_page_count = 40").execute(writer.as_mut().unwrap());
        limit.await.unwrap();
    }
    let mut stored = Vec::new();
    let error = loop {
        let name = id(&stored.len().to_string());
        match journal.add(&name, &new_operation()).await {
            Ok(()) => stored.push(name),
            Err(error) => break error,
        }
        assert!(stored.len() < 1000);
    };
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    let room = Fix::MakeRoom(root.path().to_owned());
    assert_eq!(error.fix(), JournalFix::Files(room));
    for name in &stored {
        assert!(journal.get(name).await.unwrap().is_some());
    }
    let missing = id(&stored.len().to_string());
    assert!(journal.get(&missing).await.unwrap().is_none());
    // The next write has another connection, without the limit: there is room again.
    journal.add(&missing, &new_operation()).await.unwrap();
    journal.close().await;
    let journal = open(root.path()).await.unwrap();
    assert_eq!(
        journal.list(5000, Filter::default()).await.unwrap().len(),
        stored.len() + 1
    );
}

#[tokio::test]
async fn a_long_journal_is_listed_in_milliseconds() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path()).await.unwrap();
    journal.add(&id("first"), &new_operation()).await.unwrap();
    sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
         INSERT INTO operations (id, provider, identity, title, owner, created, options, state, due)
         SELECT 'op-' || i, provider, identity, title, owner, created, options, 'done', NULL FROM n, operations",
    )
    .execute(journal.writer.lock().await.as_mut().unwrap())
    .await
    .unwrap();
    let start = Instant::now();
    assert_eq!(journal.list(50, Filter::default()).await.unwrap().len(), 50);
    let unfinished = journal.list(50, Filter { unfinished: true }).await.unwrap();
    assert_eq!(unfinished.len(), 1);
    let claimed = journal
        .claim(&WorkerId("w".to_owned()), Duration::from_secs(9), 50, None)
        .await;
    assert_eq!(claimed.unwrap().len(), 1);
    let took = start.elapsed();
    println!("two lists and a claim in {took:?}");
    assert!(took < Duration::from_millis(200), "{took:?}");
}

/// Where a child process works.
const CHILD: &str = "CLOUDHOST_TEST_JOURNAL";
const KILL: &str = "CLOUDHOST_TEST_KILL";
const FILL: &str = "CLOUDHOST_TEST_FILL";

fn child(root: &Path, kill: Option<usize>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "--ignored",
            "journal::sqlite::tests::works_as_a_child",
        ])
        .env(CHILD, root)
        .stdout(std::process::Stdio::null());
    if let Some(kill) = kill {
        command.env(KILL, kill.to_string());
    }
    command
}

fn token_row(operation: &OperationId, number: usize) -> JournalRow {
    let place = crate::journal::tests::resource("").place;
    JournalRow {
        seq: u32::try_from(number).unwrap(),
        attempt: 0,
        step: 0,
        undo: None,
        token: format!("{operation}/{number}"),
        place,
        state: RowState::Done,
        digest: None,
        sends: 0,
        first_sent: None,
        last_sent: None,
        unknown: false,
        repeated: false,
        refused: false,
        cancelled: false,
        handle: None,
        result: None,
        progress: None,
        error: None,
        failures: 0,
        due: Timestamp::UNIX_EPOCH,
    }
}

/// Claims, writes one more row and releases, until nothing is due. Three rows are the end.
async fn work(journal: &Sqlite) -> Result<(), JournalError> {
    let worker = WorkerId(journal.environment.uuid().unwrap());
    loop {
        let claimed = journal
            .claim(&worker, Duration::from_secs(60), 3, None)
            .await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for Claimed {
            operation,
            lease,
            now,
        } in claimed
        {
            let number = operation.rows.len();
            let end = number == 2;
            let change = Change {
                state: if end { State::Done } else { State::Running },
                attempt: 0,
                next: None,
                error: None,
                notes: Vec::new(),
                requests: 0,
                due: (!end).then_some(now),
                rows: vec![token_row(&operation.id, number)],
                made: Vec::new(),
                gone: Vec::new(),
                release: true,
                lease,
            };
            assert_eq!(journal.apply(&[change]).await?, [true]);
        }
    }
}

/// The operating system refuses to let the files grow: what was acknowledged is there, and the files are whole.
#[tokio::test]
async fn files_that_cannot_grow_lose_nothing() {
    for kib in [100, 150, 200, 300] {
        let root = tempfile::tempdir().unwrap();
        open(root.path()).await.unwrap().close().await;
        let program = child(root.path(), None);
        let mut limited = Command::new("sh");
        limited
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kib * 2))
            .arg("sh")
            .arg(program.get_program())
            .args(program.get_args())
            .env(CHILD, root.path())
            .env(FILL, "1")
            .stdout(std::process::Stdio::null());
        assert!(limited.status().unwrap().success());
        let stored: usize = fs::read_to_string(root.path().join("stored"))
            .unwrap()
            .parse()
            .unwrap();
        let journal = open(root.path()).await.unwrap();
        let list = journal.list(100_000, Filter::default()).await.unwrap();
        assert!(
            stored > 2 && list.len() == stored,
            "{stored} of {}",
            list.len()
        );
        journal.add(&id("more"), &new_operation()).await.unwrap();
        let mut writer = journal.writer.lock().await;
        let check = sqlx::query("PRAGMA integrity_check").fetch_one(writer.as_mut().unwrap());
        assert_eq!(check.await.unwrap().get::<String, _>(0), "ok");
    }
}

/// Not a test: the work of a child process.
#[test]
#[ignore = "started by other tests"]
fn works_as_a_child() {
    let root = PathBuf::from(std::env::var_os(CHILD).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let journal = Sqlite::open(&root, Arc::new(System::default()))
            .await
            .unwrap();
        if std::env::var_os(FILL).is_some() {
            let mut stored = 0;
            while journal
                .add(&id(&stored.to_string()), &new_operation())
                .await
                .is_ok()
            {
                stored += 1;
            }
            fs::write(root.join("stored"), stored.to_string()).unwrap();
            std::process::exit(0);
        }
        if let Ok(kill) = std::env::var(KILL) {
            set(Injected::KilledAt(kill.parse().unwrap()));
        }
        work(&journal).await.unwrap();
        fs::write(root.join("writes"), taken().to_string()).unwrap();
        // A process that ends does not close its files in order.
        std::process::exit(0);
    });
}

/// A write is one sync of the log, and now and then those of a checkpoint: never more than two on average.
#[tokio::test]
async fn a_write_is_at_most_two_syncs() {
    let root = tempfile::tempdir().unwrap();
    let journal = Sqlite::open(root.path(), Arc::new(System::default()))
        .await
        .unwrap();
    for number in 0..300 {
        journal
            .add(&id(&number.to_string()), &new_operation())
            .await
            .unwrap();
    }
    let program = child(root.path(), None);
    let log = root.path().join("syncs");
    let traced = Command::new("strace")
        .args(["--follow-forks", "--trace=fsync,fdatasync", "--output"])
        .arg(&log)
        .arg(program.get_program())
        .args(program.get_args())
        .env(CHILD, root.path())
        .stdout(std::process::Stdio::null())
        .status();
    let Ok(status) = traced else {
        println!("skipped: strace is missing");
        return;
    };
    assert!(status.success());
    let writes: usize = fs::read_to_string(root.path().join("writes"))
        .unwrap()
        .parse()
        .unwrap();
    let log = fs::read_to_string(log).unwrap();
    let syncs = log.lines().filter(|line| line.contains("sync(")).count();
    println!("{syncs} syncs of {writes} writes");
    assert!(writes > 1000 && syncs >= writes && syncs <= 2 * writes);
}

#[tokio::test]
async fn processes_share_a_journal() {
    let root = tempfile::tempdir().unwrap();
    let journal = Sqlite::open(root.path(), Arc::new(System::default()))
        .await
        .unwrap();
    for number in 0..40 {
        journal
            .add(&id(&number.to_string()), &new_operation())
            .await
            .unwrap();
    }
    let mut children: Vec<_> = (0..2)
        .map(|_| child(root.path(), None).spawn().unwrap())
        .collect();
    work(&journal).await.unwrap();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    work(&journal).await.unwrap();
    for number in 0..40 {
        let operation = journal
            .get(&id(&number.to_string()))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (operation.state, operation.rows.len()),
            (State::Done, 3),
            "{number}"
        );
    }
}

/// Killed before each of its writes, a process leaves what it wrote before, and another goes on.
#[tokio::test]
async fn a_killed_process_leaves_what_it_wrote() {
    for kill in 0..6 {
        let root = tempfile::tempdir().unwrap();
        let journal = Sqlite::open(root.path(), Arc::new(System::default()))
            .await
            .unwrap();
        journal.add(&id("a"), &new_operation()).await.unwrap();
        assert!(!child(root.path(), Some(kill)).status().unwrap().success());
        // A claim and an application by turns.
        let operation = journal.get(&id("a")).await.unwrap().unwrap();
        assert_eq!(operation.rows.len(), kill / 2, "killed at write {kill}");
        sqlx::query("UPDATE operations SET leased_until = 0")
            .execute(journal.writer.lock().await.as_mut().unwrap())
            .await
            .unwrap();
        work(&journal).await.unwrap();
        let operation = journal.get(&id("a")).await.unwrap().unwrap();
        assert_eq!((operation.state, operation.rows.len()), (State::Done, 3));
    }
}

#[tokio::test]
async fn a_write_that_fails_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path()).await.unwrap();
    set(Injected::FailsAt(0));
    let error = journal.add(&id("a"), &new_operation()).await.unwrap_err();
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    assert_eq!(taken(), 1);
    set(Injected::None);
    assert!(journal.get(&id("a")).await.unwrap().is_none());
    journal.add(&id("a"), &new_operation()).await.unwrap();
    assert!(journal.get(&id("a")).await.unwrap().is_some());
}
