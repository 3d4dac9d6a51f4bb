//! The journal of one machine: a SQLite file of this user, for any number of processes at once.
//!
//! Write-ahead log with `synchronous = FULL`: a write is on the disk when it returns. One statement or one short
//! transaction a write; nothing waits for a cloud inside a transaction. A file that is damaged or newer than this program
//! is an error that names it, and is left as it is.

mod columns;
mod open;
#[cfg(test)]
mod tests;

use super::{
    Change, Claimed, FURTHEST, Filter, Journal, JournalError, Lease, Reply, Summary, WorkerId,
};
use crate::{
    Account, Decision, Environment, NewOperation, Operation, OperationId, Owned, Plan, Request,
    ResourceId, State,
};
use cloudhost_contract::Label as _;
use cloudhost_files::failpoint::failpoint;
use columns::{Column as _, json, label, millis, place_json, read_operation, read_row, time};
use futures::future::BoxFuture;
use jiff::Timestamp;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Name of the file in the user's state directory.
const FILE: &str = "operations.db";
/// Pause between two looks for changes by other processes.
const LOOK: Duration = Duration::from_millis(200);

/// The journal in a file.
pub struct Sqlite {
    path: PathBuf,
    pool: SqlitePool,
    environment: Arc<dyn Environment>,
    /// SQLite has one writer: tasks of this process wait here, in order, rather than by asking again and again. A write
    /// that fails or is given up closes the connection, which takes it back whatever state it is in.
    writer: tokio::sync::Mutex<Option<SqliteConnection>>,
    changed: tokio::sync::Notify,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// An open write. Dropped before it is committed, it changes nothing.
struct Write<'j> {
    connection: SqliteConnection,
    slot: tokio::sync::MutexGuard<'j, Option<SqliteConnection>>,
}

impl Sqlite {
    /// Opens the journal `operations.db` in a private directory; both are made if they are missing. An older journal is
    /// brought to the newest version.
    ///
    /// # Errors
    /// [`JournalError::Newer`], [`JournalError::Damaged`], and those of the file.
    pub async fn open(
        folder: &Path,
        environment: Arc<dyn Environment>,
    ) -> Result<Self, JournalError> {
        let path = folder.join(FILE);
        let (writer, pool) = open::open(folder, &path).await?;
        let journal = Self {
            path,
            pool,
            environment,
            writer: tokio::sync::Mutex::new(Some(writer)),
            changed: tokio::sync::Notify::new(),
        };
        journal.prepare().await?;
        Ok(journal)
    }

    /// Closes the file.
    pub async fn close(&self) {
        if let Some(writer) = self.writer.lock().await.take()
            && let Err(error) = writer.close().await
        {
            tracing::debug!("{}: {error}", self.path.display());
        }
        self.pool.close().await;
    }

    fn failed(&self, error: sqlx::Error) -> JournalError {
        open::failed(&self.path, error)
    }

    /// Starts a write. It changes nothing until it is committed.
    async fn write(&self) -> Result<Write<'_>, JournalError> {
        let mut slot = self.writer.lock().await;
        failpoint().map_err(|error| self.failed(sqlx::Error::Io(error)))?;
        let mut connection = match slot.take() {
            Some(connection) => connection,
            None => open::connect(&self.path).await?,
        };
        let begun = sqlx::query("BEGIN IMMEDIATE")
            .execute(&mut connection)
            .await;
        begun.map_err(|error| self.failed(error))?;
        Ok(Write { connection, slot })
    }

    async fn commit(&self, mut write: Write<'_>) -> Result<(), JournalError> {
        let committed = sqlx::query("COMMIT").execute(&mut write.connection).await;
        committed.map_err(|error| self.failed(error))?;
        *write.slot = Some(write.connection);
        self.changed.notify_waiters();
        Ok(())
    }

    /// Brings the schema to the newest version, and makes the identifier of the installation.
    async fn prepare(&self) -> Result<(), JournalError> {
        if open::version(&self.path, &self.pool).await? == open::VERSION {
            return Ok(());
        }
        let mut write = self.write().await?;
        open::migrate(&self.path, &mut write.connection).await?;
        let random = self.environment.uuid();
        let random = random.map_err(|error| self.failed(sqlx::Error::Io(error)))?;
        sqlx::query("INSERT OR IGNORE INTO settings (key, value) VALUES ('installation', ?)")
            .bind(random)
            .execute(&mut write.connection)
            .await
            .map_err(|error| self.failed(error))?;
        self.commit(write).await
    }

    fn now(&self) -> i64 {
        millis(self.environment.now())
    }

    /// Reads the rows of operations, by their numbers.
    async fn rows(&self, operations: &mut [(i64, Operation)]) -> Result<(), JournalError> {
        let numbers: Vec<i64> = operations.iter().map(|(number, _)| *number).collect();
        let rows = sqlx::query(
            "SELECT operation, seq, attempt, step, undo, token, place, state, digest, sends, first_sent, last_sent,
                unknown, repeated, refused, cancelled, handle, result, progress, error, failures, due
             FROM steps WHERE operation IN (SELECT value FROM json_each(?)) ORDER BY operation, seq",
        )
        .bind(json(&numbers))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.failed(error))?;
        let index: std::collections::HashMap<i64, usize> = numbers
            .iter()
            .enumerate()
            .map(|(index, number)| (*number, index))
            .collect();
        for row in rows {
            let decoded = row
                .try_get::<i64, _>(0)
                .and_then(|number| Ok((number, read_row(&row)?)));
            let (number, row) = decoded.map_err(|error| self.failed(error))?;
            if let Some((_, operation)) = index.get(&number).and_then(|i| operations.get_mut(*i)) {
                operation.rows.push(row);
            }
        }
        Ok(())
    }

    fn decode<T>(
        &self,
        rows: Vec<SqliteRow>,
        read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, JournalError> {
        let read = rows.iter().map(read).collect::<Result<_, _>>();
        read.map_err(|error| self.failed(error))
    }

    async fn apply_one(
        &self,
        write: &mut SqliteConnection,
        change: &Change,
    ) -> Result<bool, sqlx::Error> {
        let release = match change.release {
            true => "worker = NULL, leased_until = NULL,",
            false => "",
        };
        let statement = format!(
            "UPDATE operations SET {release} state = ?1, attempt = ?2, next = ?3, error = ?4, notes = ?5,
                due = CASE WHEN requests = ?6 OR ?1 IN ('done', 'failed', 'cancelled') THEN ?7 ELSE ?8 END
             WHERE id = ?9 AND fence = ?10 RETURNING number, provider, identity"
        );
        let header = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(label(change.state))
            .bind(change.attempt)
            .bind(change.next)
            .bind(change.error.as_ref().map(json))
            .bind(json(&change.notes))
            .bind(i64::try_from(change.requests).unwrap_or(i64::MAX))
            .bind(change.due.map(millis))
            .bind(self.now())
            .bind(&change.lease.operation.0)
            .bind(i64::try_from(change.lease.fence).unwrap_or(i64::MAX))
            .fetch_optional(&mut *write)
            .await?;
        let Some(header) = header else {
            return Ok(false);
        };
        let number: i64 = header.try_get(0)?;
        let provider: String = header.try_get(1)?;
        let identity: String = header.try_get(2)?;
        for row in &change.rows {
            sqlx::query(
                "INSERT OR REPLACE INTO steps VALUES
                 (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
            )
            .bind(number)
            .bind(row.seq)
            .bind(row.attempt)
            .bind(row.step)
            .bind(row.undo.as_ref().map(json))
            .bind(&row.token)
            .bind(place_json(&row.place))
            .bind(label(row.state))
            .bind(row.digest.map(|digest| digest.to_string()))
            .bind(row.sends)
            .bind(row.first_sent.map(millis))
            .bind(row.last_sent.map(millis))
            .bind(row.unknown)
            .bind(row.repeated)
            .bind(row.refused)
            .bind(row.cancelled)
            .bind(row.handle.as_ref().map(json))
            .bind(row.result.as_ref().map(json))
            .bind(row.progress.as_ref().map(json))
            .bind(row.error.as_ref().map(json))
            .bind(row.failures)
            .bind(millis(row.due))
            .execute(&mut *write)
            .await?;
        }
        for owned in &change.made {
            sqlx::query(
                "INSERT INTO owned VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                 ON CONFLICT DO UPDATE SET resource = ?6, operation = ?7, since = ?8, until = ?9",
            )
            .bind(&provider)
            .bind(&identity)
            .bind(owned.id.kind.as_str())
            .bind(&owned.id.place.region)
            .bind(&owned.id.id)
            .bind(json(&owned.id))
            .bind(&owned.operation.0)
            .bind(millis(owned.since))
            .bind(millis(owned.until))
            .bind(owned.created.map(millis))
            .bind(owned.ends_at.map(millis))
            .bind(owned.protected)
            .bind(owned.keeps_tags)
            .execute(&mut *write)
            .await?;
        }
        for gone in &change.gone {
            sqlx::query(
                "DELETE FROM owned WHERE provider = ? AND identity = ? AND kind = ? AND region = ? AND id = ?",
            )
            .bind(&provider)
            .bind(&identity)
            .bind(gone.kind.as_str())
            .bind(&gone.place.region)
            .bind(&gone.id)
            .execute(&mut *write)
            .await?;
        }
        Ok(true)
    }

    async fn change_owned(
        &self,
        statement: &'static str,
        value: Option<i64>,
        account: &Account,
        id: &ResourceId,
    ) -> Result<(), JournalError> {
        let mut write = self.write().await?;
        sqlx::query(statement)
            .bind(value)
            .bind(&account.provider)
            .bind(&account.identity)
            .bind(id.kind.as_str())
            .bind(&id.place.region)
            .bind(&id.id)
            .execute(&mut write.connection)
            .await
            .map_err(|error| self.failed(error))?;
        self.commit(write).await
    }
}

/// Columns of an operation, in the order in which [`read_operation`] reads them.
macro_rules! operation_columns {
    () => {
        "number, id, provider, identity, title, owner, created, options, state, attempt, next, error, notes, cancel,
         decision, requests, due, fence"
    };
}

/// Condition of a claim: no other worker has it. A lease that ends later than any can is of a clock that went back.
macro_rules! free {
    () => {
        "(leased_until IS NULL OR leased_until <= ?1 OR leased_until > ?2)"
    };
}

impl Journal for Sqlite {
    fn installation(&self) -> Reply<'_, String> {
        Box::pin(async {
            let value = sqlx::query("SELECT value FROM settings WHERE key = 'installation'")
                .fetch_one(&self.pool)
                .await
                .and_then(|row| row.try_get(0));
            value.map_err(|error| self.failed(error))
        })
    }

    fn add<'a>(&'a self, id: &'a OperationId, operation: &'a NewOperation) -> Reply<'a, ()> {
        Box::pin(async move {
            let mut write = self.write().await?;
            let now = self.now();
            let added = async {
                let added = sqlx::query(
                    "INSERT INTO operations (id, provider, identity, title, owner, created, options, state, due)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'running', ?6) ON CONFLICT DO NOTHING RETURNING number",
                )
                .bind(&id.0)
                .bind(&operation.account.provider)
                .bind(&operation.account.identity)
                .bind(&operation.title)
                .bind(&operation.owner)
                .bind(now)
                .bind(json(&operation.options))
                .fetch_optional(&mut write.connection)
                .await?;
                if let Some(row) = added {
                    sqlx::query("INSERT INTO plans VALUES (?, ?)")
                        .bind(row.try_get::<i64, _>(0)?)
                        .bind(json(&operation.plans))
                        .execute(&mut write.connection)
                        .await?;
                }
                Ok(())
            };
            added.await.map_err(|error| self.failed(error))?;
            self.commit(write).await
        })
    }

    fn claim<'a>(
        &'a self,
        worker: &'a WorkerId,
        lease: Duration,
        limit: u32,
        only: Option<&'a OperationId>,
    ) -> Reply<'a, Vec<Claimed>> {
        Box::pin(async move {
            let now = self.environment.now();
            let lease = lease.min(FURTHEST);
            let statement = match only {
                None => concat!(
                    "UPDATE operations SET fence = fence + 1, worker = ?3, leased_until = ?4 WHERE number IN (
                        SELECT number FROM (
                            SELECT number, due FROM operations WHERE due <= ?1 AND ",
                    free!(),
                    " UNION ALL SELECT number, due FROM operations WHERE due > ?2 AND ",
                    free!(),
                    ") ORDER BY due LIMIT ?5
                    ) RETURNING ",
                    operation_columns!()
                ),
                Some(_) => concat!(
                    "UPDATE operations SET fence = fence + 1, worker = ?3, leased_until = ?4
                     WHERE id = ?5 AND state NOT IN ('done', 'failed', 'cancelled') AND ",
                    free!(),
                    " RETURNING ",
                    operation_columns!()
                ),
            };
            let query = sqlx::query(statement)
                .bind(millis(now))
                .bind(millis(now.saturating_add(FURTHEST).unwrap_or(now)))
                .bind(&worker.0)
                .bind(millis(now.saturating_add(lease).unwrap_or(now)));
            let query = match only {
                None => query.bind(limit),
                Some(id) => query.bind(&id.0),
            };
            let mut write = self.write().await?;
            let rows = query.fetch_all(&mut write.connection).await;
            let rows = rows.map_err(|error| self.failed(error))?;
            let mut fences = Vec::new();
            let mut operations = Vec::new();
            for (number, fence, operation) in self.decode(rows, read_operation)? {
                fences.push(fence);
                operations.push((number, operation));
            }
            self.commit(write).await?;
            if operations.is_empty() {
                return Ok(Vec::new());
            }
            self.rows(&mut operations).await?;
            let claimed = operations.into_iter().zip(fences);
            let claimed = claimed.map(|((_, operation), fence)| Claimed {
                lease: Lease {
                    operation: operation.id.clone(),
                    fence,
                },
                operation,
                now,
            });
            Ok(claimed.collect())
        })
    }

    fn renew<'a>(&'a self, leases: &'a [Lease], lease: Duration) -> Reply<'a, ()> {
        Box::pin(async move {
            let until = self.environment.now().saturating_add(lease.min(FURTHEST));
            let until = until.map(millis).unwrap_or(i64::MAX);
            let mut write = self.write().await?;
            for held in leases {
                sqlx::query(
                    "UPDATE operations SET leased_until = ? WHERE id = ? AND fence = ? AND worker IS NOT NULL",
                )
                .bind(until)
                .bind(&held.operation.0)
                .bind(i64::try_from(held.fence).unwrap_or(i64::MAX))
                .execute(&mut write.connection)
                .await
                .map_err(|error| self.failed(error))?;
            }
            self.commit(write).await
        })
    }

    fn apply<'a>(&'a self, changes: &'a [Change]) -> Reply<'a, Vec<bool>> {
        Box::pin(async move {
            let mut write = self.write().await?;
            let mut applied = Vec::with_capacity(changes.len());
            for change in changes {
                let one = self.apply_one(&mut write.connection, change).await;
                applied.push(one.map_err(|error| self.failed(error))?);
            }
            self.commit(write).await?;
            Ok(applied)
        })
    }

    fn request<'a>(&'a self, id: &'a OperationId, request: Request) -> Reply<'a, bool> {
        Box::pin(async move {
            let (cancel, decision) = match request {
                Request::Cancel => (true, None),
                Request::Decide(decision) => (false, Some(label(decision))),
                Request::Resume => (false, None),
            };
            let mut write = self.write().await?;
            let changed = sqlx::query(
                "UPDATE operations SET requests = requests + 1, cancel = cancel OR ?1,
                    decision = coalesce(?2, decision), due = ?3
                 WHERE id = ?4 AND state NOT IN ('done', 'failed', 'cancelled')",
            )
            .bind(cancel)
            .bind(decision)
            .bind(self.now())
            .bind(&id.0)
            .execute(&mut write.connection)
            .await
            .map_err(|error| self.failed(error))?;
            if request == Request::Resume {
                sqlx::query(
                    "UPDATE steps SET due = ?1 WHERE due > ?1 AND operation = (SELECT number FROM operations WHERE id = ?2)",
                )
                .bind(self.now())
                .bind(&id.0)
                .execute(&mut write.connection)
                .await
                .map_err(|error| self.failed(error))?;
            }
            self.commit(write).await?;
            Ok(changed.rows_affected() > 0)
        })
    }

    fn get<'a>(&'a self, id: &'a OperationId) -> Reply<'a, Option<Operation>> {
        Box::pin(async move {
            let rows = sqlx::query(concat!(
                "SELECT ",
                operation_columns!(),
                " FROM operations WHERE id = ?"
            ))
            .bind(&id.0)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.failed(error))?;
            let read = self.decode(rows, read_operation)?;
            let mut read: Vec<_> = read
                .into_iter()
                .map(|(number, _, op)| (number, op))
                .collect();
            self.rows(&mut read).await?;
            Ok(read.pop().map(|(_, operation)| operation))
        })
    }

    fn plans<'a>(&'a self, id: &'a OperationId) -> Reply<'a, Vec<Plan>> {
        Box::pin(async move {
            let rows = sqlx::query(
                "SELECT plans FROM plans WHERE operation = (SELECT number FROM operations WHERE id = ?)",
            )
            .bind(&id.0)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.failed(error))?;
            let mut plans = self.decode(rows, |row| row.json(0))?;
            Ok(plans.pop().unwrap_or_default())
        })
    }

    fn list(&self, newest: u32, filter: Filter) -> Reply<'_, Vec<Summary>> {
        Box::pin(async move {
            let statement = match filter.unfinished {
                false => {
                    "SELECT id, provider, identity, title, owner, created, state, due, error FROM operations
                     ORDER BY number DESC LIMIT ?"
                }
                true => {
                    "SELECT id, provider, identity, title, owner, created, state, due, error FROM operations
                     WHERE state NOT IN ('done', 'failed', 'cancelled') ORDER BY number DESC LIMIT ?"
                }
            };
            let rows = sqlx::query(statement)
                .bind(newest)
                .fetch_all(&self.pool)
                .await;
            self.decode(rows.map_err(|error| self.failed(error))?, |row| {
                Ok(Summary {
                    id: OperationId(row.try_get(0)?),
                    account: Account {
                        provider: row.try_get(1)?,
                        identity: row.try_get(2)?,
                    },
                    title: row.try_get(3)?,
                    owner: row.try_get(4)?,
                    created: row.time(5)?,
                    state: row.label::<State>(6)?,
                    due: row.optional_time(7)?,
                    error: row.optional_json(8)?,
                })
            })
        })
    }

    fn owned<'a>(&'a self, account: &'a Account) -> Reply<'a, Vec<Owned>> {
        Box::pin(async move {
            let rows = sqlx::query(
                "SELECT resource, operation, since, until, created, ends_at, protected, keeps_tags FROM owned
                 WHERE provider = ? AND identity = ?",
            )
            .bind(&account.provider)
            .bind(&account.identity)
            .fetch_all(&self.pool)
            .await;
            self.decode(rows.map_err(|error| self.failed(error))?, |row| {
                Ok(Owned {
                    account: account.clone(),
                    id: row.json(0)?,
                    operation: OperationId(row.try_get(1)?),
                    since: row.time(2)?,
                    until: row.time(3)?,
                    created: row.optional_time(4)?,
                    ends_at: row.optional_time(5)?,
                    protected: row.try_get(6)?,
                    keeps_tags: row.try_get(7)?,
                })
            })
        })
    }

    fn seen<'a>(
        &'a self,
        account: &'a Account,
        id: &'a ResourceId,
        created: Timestamp,
    ) -> Reply<'a, ()> {
        let statement = "UPDATE owned SET created = coalesce(created, ?)
            WHERE provider = ? AND identity = ? AND kind = ? AND region = ? AND id = ?";
        Box::pin(self.change_owned(statement, Some(millis(created)), account, id))
    }

    fn set_end<'a>(
        &'a self,
        account: &'a Account,
        id: &'a ResourceId,
        ends_at: Option<Timestamp>,
    ) -> Reply<'a, ()> {
        let statement = "UPDATE owned SET ends_at = ?
            WHERE provider = ? AND identity = ? AND kind = ? AND region = ? AND id = ?";
        Box::pin(self.change_owned(statement, ends_at.map(millis), account, id))
    }

    fn gone<'a>(&'a self, account: &'a Account, id: &'a ResourceId) -> Reply<'a, ()> {
        let statement =
            "DELETE FROM owned WHERE ?1 IS NULL AND provider = ?2 AND identity = ?3 AND kind = ?4
            AND region = ?5 AND id = ?6";
        Box::pin(self.change_owned(statement, None, account, id))
    }

    fn next_due(&self) -> Reply<'_, Option<Duration>> {
        Box::pin(async {
            let due = sqlx::query("SELECT min(due) FROM operations WHERE due IS NOT NULL")
                .fetch_one(&self.pool)
                .await
                .and_then(|row| row.try_get::<Option<i64>, _>(0));
            let due = due.map_err(|error| self.failed(error))?;
            let now = self.environment.now();
            let left = |due| Duration::try_from(time(due).duration_since(now)).unwrap_or_default();
            Ok(due.map(left).map(|left| match left > FURTHEST {
                true => Duration::ZERO,
                false => left,
            }))
        })
    }

    fn wait(&self, at_most: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let changed = std::pin::pin!(self.changed.notified());
            let elapsed = self.environment.sleep(at_most.min(LOOK));
            futures::future::select(changed, elapsed).await;
        })
    }
}

impl columns::Labelled for State {
    const LABELS: &'static [(Self, &'static str)] = &State::LABELS;
}

impl columns::Labelled for crate::RowState {
    const LABELS: &'static [(Self, &'static str)] = &crate::RowState::LABELS;
}

impl columns::Labelled for Decision {
    const LABELS: &'static [(Self, &'static str)] =
        &[(Self::TakeBack, "take-back"), (Self::Keep, "keep")];
}
