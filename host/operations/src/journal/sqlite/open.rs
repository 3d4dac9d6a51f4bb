//! Opening of the file, its version, and its errors.

use super::super::JournalError;
use cloudhost_files::{FileError, Folder, append_private};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{Connection as _, Row as _, Sqlite, SqliteConnection};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

/// Newest version of the schema.
pub(super) const VERSION: i64 = 1;
/// SQLite's application id of our files: `clho`.
const APPLICATION: i64 = 0x636c_686f;
/// The schema, one entry a version. A change of the contract's records, which are stored as JSON, is one too.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];
/// Time to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(30);
/// Most connections that read.
const READERS: u32 = 3;

/// Opens the file, made private if it is missing: the connection that writes, and those that read.
pub(super) async fn open(
    folder: &Path,
    path: &Path,
) -> Result<(SqliteConnection, SqlitePool), JournalError> {
    let folder = Folder::private(folder)?;
    let file = append_private(path).map_err(|error| match error {
        FileError::NotPrivate => JournalError::NotPrivate {
            path: path.to_owned(),
        },
        other => JournalError::Io {
            path: path.to_owned(),
            reason: other.to_string(),
        },
    })?;
    let metadata = file.metadata();
    let metadata = metadata.map_err(|error| failed(path, sqlx::Error::Io(error)))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(JournalError::NotPrivate {
            path: path.to_owned(),
        });
    }
    if metadata.len() == 0 {
        // The name outlives a power loss.
        folder.sync("")?;
    }
    drop(file);
    let writer = connect(path).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options(path).pragma("query_only", "ON"));
    Ok((writer, readers))
}

fn options(path: &Path) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY);
    // A missing file was removed since, and is not made again by the way.
    options.create_if_missing(false)
}

/// Opens a connection that writes.
pub(super) async fn connect(path: &Path) -> Result<SqliteConnection, JournalError> {
    let connection = SqliteConnection::connect_with(&options(path)).await;
    let mut connection = connection.map_err(|error| failed(path, error))?;
    // Nothing is changed before the version is known: not even the mode of its log.
    version(path, &mut connection).await?;
    sqlx::raw_sql("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        .execute(&mut connection)
        .await
        .map_err(|error| failed(path, error))?;
    Ok(connection)
}

/// Reads the version; 0 for a new file.
pub(super) async fn version<'c>(
    path: &Path,
    connection: impl sqlx::Executor<'c, Database = Sqlite>,
) -> Result<i64, JournalError> {
    let row = sqlx::query(
        "SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id),
            (SELECT count(*) FROM sqlite_schema)",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| failed(path, error))?;
    let column = |index: usize| {
        row.try_get::<i64, _>(index)
            .map_err(|error| failed(path, error))
    };
    let (found, application, tables) = (column(0)?, column(1)?, column(2)?);
    let damaged = |reason: &str| JournalError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    match (application, found, tables) {
        (0, 0, 0) => Ok(0),
        (APPLICATION, found, _) if found > VERSION => Err(JournalError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        }),
        (APPLICATION, 1.., 1..) => Ok(found),
        (APPLICATION, ..) => Err(damaged("its tables are missing")),
        _ => Err(damaged("it is the database of another program")),
    }
}

/// Brings the schema to the newest version, unless another process has done so since.
pub(super) async fn migrate(path: &Path, write: &mut SqliteConnection) -> Result<(), JournalError> {
    let found = version(path, &mut *write).await?;
    let missing = MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0));
    for migration in missing {
        sqlx::raw_sql(*migration)
            .execute(&mut *write)
            .await
            .map_err(|error| failed(path, error))?;
    }
    let pragmas = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(pragmas))
        .execute(&mut *write)
        .await
        .map_err(|error| failed(path, error))?;
    Ok(())
}

/// Builds the error of a failed statement.
pub(super) fn failed(path: &Path, error: sqlx::Error) -> JournalError {
    let path = path.to_owned();
    let reason = error.to_string();
    let code = match &error {
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            return JournalError::Full { path };
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound => {
            return JournalError::Damaged { path, reason };
        }
        sqlx::Error::PoolTimedOut => return JournalError::Busy { path },
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<i32>().ok()),
        _ => None,
    };
    // Result codes of SQLite, less their extension.
    match code.map(|code| code & 0xff) {
        // A table or column that must be there is not.
        Some(1 | 11 | 26) => JournalError::Damaged { path, reason },
        Some(5 | 6) => JournalError::Busy { path },
        Some(13) => JournalError::Full { path },
        _ => JournalError::Io { path, reason },
    }
}
