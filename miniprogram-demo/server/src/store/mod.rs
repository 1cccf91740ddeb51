//! The database: all state of the backend. One set of queries serves SQLite and PostgreSQL, and
//! wherever rows are compared with a time it is the database's own.

mod avatars;
mod connect;
mod operators;
mod sealed;
mod sessions;
mod users;

use std::io;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use sqlx::error::DatabaseError;
use sqlx::{Any, AnyPool, Transaction};
use tokio::sync::Mutex;

pub use avatars::Avatar;
pub use operators::{By, Record};
pub use sealed::{Renewed, Sealed, SealedRow};
pub use sessions::{NewSession, Session};
pub use users::{NewLogin, User};

use crate::crypto::{hex, random};
use connect::Pools;

/// How long anything asked of the database may take, with the wait for a connection.
const DEADLINE: Duration = Duration::from_secs(4);
/// How long the answer to "are you ready" may take, and how long it is true.
const READY: Duration = Duration::from_secs(1);
/// How long connections may take to close.
const CLOSE: Duration = Duration::from_secs(5);

/// A handle on the database; clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    pools: Pools,
    ready: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Store {
    /// Connects to `url` (`sqlite:FILE` or `postgres://…`) with at most so many connections (0: as
    /// many as usual), and brings its schema up to date.
    pub async fn connect(url: &str, connections: u32) -> anyhow::Result<Self> {
        Ok(Self {
            pools: connect::connect(url, connections).await?,
            ready: Arc::default(),
        })
    }

    fn readers(&self) -> &AnyPool {
        &self.pools.readers
    }

    /// Reads, and once more when the connection turns out to have been lost.
    async fn read<T, F: Future<Output = sqlx::Result<T>>>(
        &self,
        query: impl Fn() -> F,
    ) -> sqlx::Result<T> {
        let twice = async {
            match query().await {
                Err(error) if is_lost(&error) => {
                    self.distrust();
                    query().await
                }
                result => result,
            }
        };
        in_time(DEADLINE, twice).await
    }

    /// Begins what is to be written. Nothing is answered before its commit: outside of a
    /// transaction the row that `RETURNING` gives arrives before it is stored, and the error of
    /// storing it is lost.
    async fn begin(&self) -> sqlx::Result<Transaction<'static, Any>> {
        let begin = || async {
            if self.pools.sqlite {
                // Waits for other processes here, where it can; a reader that turns writer can't.
                self.pools.writer.begin_with("BEGIN IMMEDIATE").await
            } else {
                self.pools.writer.begin().await
            }
        };
        match begin().await {
            // Nothing was written yet.
            Err(error) if is_lost(&error) => {
                self.distrust();
                begin().await
            }
            result => result,
        }
    }

    /// Has every connection tested before its next use.
    fn distrust(&self) {
        let broken = self.pools.broken.lock();
        *broken.unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether the database can be read and written, as tried a second ago or now, on a connection
    /// that nothing else uses.
    pub async fn is_ready(&self) -> bool {
        let mut known = self.ready.lock().await;
        if let Some((at, ready)) = *known
            && at.elapsed() < READY
        {
            return ready;
        }
        let write = async {
            let mut transaction = self.pools.probe.begin().await?;
            sqlx::query("UPDATE readiness SET tried_at = unixepoch() WHERE one = 1")
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        };
        let written = in_time(READY, write).await;
        if let Err(error) = &written {
            tracing::error!(%error, "the database is not ready");
        }
        *known = Some((Instant::now(), written.is_ok()));
        written.is_ok()
    }

    /// The secret kept under `name`, made on first use; every instance gets the same.
    pub async fn generated_secret(&self, name: &str) -> sqlx::Result<String> {
        let mut transaction = self.begin().await?;
        sqlx::query("INSERT INTO generated_secrets VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(name)
            .bind(hex(&random::<32>()))
            .execute(&mut *transaction)
            .await?;
        let value = sqlx::query_scalar("SELECT value FROM generated_secrets WHERE name = $1")
            .bind(name)
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(value)
    }

    /// The secret kept under `name`, if one ever was.
    pub async fn kept_secret(&self, name: &str) -> sqlx::Result<Option<String>> {
        sqlx::query_scalar("SELECT value FROM generated_secrets WHERE name = $1")
            .bind(name)
            .fetch_optional(self.readers())
            .await
    }

    /// Closes all connections once they are idle, or gives them up.
    pub async fn close(&self) {
        let Pools {
            readers,
            writer,
            probe,
            ..
        } = &self.pools;
        let all = async { tokio::join!(readers.close(), writer.close(), probe.close()) };
        if tokio::time::timeout(CLOSE, all).await.is_err() {
            tracing::warn!("the database did not let go of its connections in time");
        }
    }
}

async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = sqlx::Result<T>>,
) -> sqlx::Result<T> {
    let late = |_| {
        let text = format!("no answer within {limit:?}");
        sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, text))
    };
    tokio::time::timeout(limit, work).await.map_err(late)?
}

/// Whether the connection was lost, so that another one may do better.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => begins(&**error, &["08", "57P"]),
        _ => false,
    }
}

/// Whether the database is away, full of others' work or not to be written now: not our doing.
pub fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => true,
        // Too many connections; a standby; ended by its timeout; SQLITE_BUSY.
        sqlx::Error::Database(error)
            if begins(&**error, &["53", "25006", "57014"])
                || error.code().as_deref() == Some("5") =>
        {
            true
        }
        error => is_lost(error),
    }
}

fn begins(error: &dyn DatabaseError, codes: &[&str]) -> bool {
    let code = error.code().unwrap_or_default();
    codes.iter().any(|known| code.starts_with(known))
}

/// Unix seconds.
pub fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    since.as_secs().try_into().unwrap_or(i64::MAX)
}
