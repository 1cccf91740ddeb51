//! The database: all state of the backend. One set of queries serves SQLite and PostgreSQL.

mod avatars;
mod sealed;
mod sessions;
mod users;

use std::sync::Once;
use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Any, AnyPool, Connection, Executor, SqlStr, Transaction};

pub use avatars::Avatar;
pub use sealed::{Sealed, SealedRow};
pub use sessions::{NewSession, Session};
pub use users::User;

use crate::crypto::{hex, random};

/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(3);
/// How long a connection may rest before it is tested again.
const TRUSTED_REST: Duration = Duration::from_secs(1);
/// Readers do not wait for the writer; what is committed outlives a power cut.
const SQLITE_WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
const SQLITE_READER: &str = "PRAGMA query_only = ON;";
/// What was never changed since it was published, and what came after it.
macro_rules! migrations {
    ($database:literal) => {
        [
            (
                "init",
                include_str!(concat!("../../migrations/", $database, "/0001_init.sql")),
            ),
            (
                "kids",
                include_str!(concat!("../../migrations/", $database, "/0002_kids.sql")),
            ),
        ]
    };
}

/// A handle on the database; clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    readers: AnyPool,
    /// On SQLite one connection, since only one can write at a time; else the same as `readers`.
    writer: AnyPool,
    sqlite: bool,
}

impl Store {
    /// Connects to `url` (`sqlite:FILE` or `postgres://…`) and brings its schema up to date.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(install_default_drivers);
        let sqlite = url.starts_with("sqlite:");
        ensure!(
            sqlite || url.starts_with("postgres:") || url.starts_with("postgresql:"),
            "DATABASE_URL must begin with sqlite: or postgres:"
        );
        ensure!(
            !url.contains(":memory:"),
            "DATABASE_URL must name a file: each connection would get a memory of its own"
        );
        let create = match sqlite && !url.contains("mode=") {
            true if url.contains('?') => "&mode=rwc",
            true => "?mode=rwc",
            false => "",
        };
        let url = format!("{url}{create}");
        let open = async |most: u32, pragmas: &'static str| {
            options(most, pragmas)
                .connect(&url)
                .await
                .context("cannot open the database that DATABASE_URL names")
        };
        let writer = if sqlite {
            open(1, SQLITE_WRITER).await?
        } else {
            open(16, "").await?
        };
        migrate(&writer, sqlite)
            .await
            .context("cannot bring the database up to date")?;
        let readers = if sqlite {
            open(4, SQLITE_READER).await?
        } else {
            writer.clone()
        };
        Ok(Self {
            readers,
            writer,
            sqlite,
        })
    }

    /// Begins what is to be written. Nothing is answered before its commit: outside of a
    /// transaction the row that `RETURNING` gives arrives before it is stored, and the error of
    /// storing it is lost.
    async fn begin(&self) -> sqlx::Result<Transaction<'static, Any>> {
        if self.sqlite {
            // Waits for other processes here, where it can; a reader that turns writer can't.
            self.writer.begin_with("BEGIN IMMEDIATE").await
        } else {
            self.writer.begin().await
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> sqlx::Result<()> {
        sqlx::query("SELECT 1")
            .execute(&self.readers)
            .await
            .map(drop)
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
            .fetch_optional(&self.readers)
            .await
    }

    /// Closes all connections once they are idle.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A pool of at most `most` connections, each of which begins with `pragmas`.
fn options(most: u32, pragmas: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE)
        // A ping before every query would double the time of each. A connection that was just
        // in use is trusted; one that rested may have been cut meanwhile.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                // SQLite may have rolled back by itself what failed; sqlx then counts wrongly, and
                // would begin nothing on this connection any more.
                Ok(!connection.is_in_transaction()
                    && (about.idle_for < TRUSTED_REST || connection.ping().await.is_ok()))
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if !pragmas.is_empty() {
                    connection.execute(pragmas).await?;
                }
                Ok(())
            })
        })
}

/// Unix seconds.
pub fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    since.as_secs().try_into().unwrap_or(i64::MAX)
}

/// Runs what was not run yet. Instances that start at once wait for each other: sqlx takes a lock
/// of its own on PostgreSQL, but on SQLite only an immediate transaction is one.
async fn migrate(pool: &AnyPool, sqlite: bool) -> anyhow::Result<()> {
    let migrations = if sqlite {
        migrations!("sqlite")
    } else {
        migrations!("postgres")
    };
    let migrations = (1..).zip(migrations).map(|(version, (name, sql))| {
        Migration::new(
            version,
            name.into(),
            MigrationType::Simple,
            SqlStr::from_static(sql),
            false,
        )
    });
    let migrator = Migrator::with_migrations(migrations.collect());
    if !sqlite {
        return Ok(migrator.run(pool).await?);
    }
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    migrator.run(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}
