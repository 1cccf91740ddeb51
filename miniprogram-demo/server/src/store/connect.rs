//! Connections to the database, and its schema.

use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, Connection, Executor, SqlStr};
use url::{Host, Url};

/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(3);
/// How long a connection may rest before it is tested again.
const TRUSTED_REST: Duration = Duration::from_secs(1);
/// Readers do not wait for the writer; what is committed outlives a power cut.
const SQLITE_WRITER: &str =
    "PRAGMA busy_timeout = 3000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 3000; PRAGMA query_only = ON;";
const SQLITE_PROBE: &str = "PRAGMA busy_timeout = 800; PRAGMA synchronous = FULL;";
/// What takes longer is ended by the server; who asked has given up before.
const POSTGRES: &str = "SET statement_timeout = 5000";

/// What was never changed since it was published, and what came after it.
macro_rules! migrations {
    ($database:literal: $($name:literal),*) => {
        [$(($name, include_str!(concat!("../../migrations/", $database, "/", $name, ".sql")))),*]
    };
}

/// When a connection was last found broken: those older than that are tested before use.
pub(super) type Broken = Arc<Mutex<Option<Instant>>>;

/// All connections to one database.
#[derive(Debug, Clone)]
pub(super) struct Pools {
    pub(super) readers: AnyPool,
    /// On SQLite one connection, since only one can write at a time; else the same as `readers`.
    pub(super) writer: AnyPool,
    /// One connection that nothing else uses.
    pub(super) probe: AnyPool,
    pub(super) broken: Broken,
    pub(super) sqlite: bool,
}

/// Connects to `url` and brings its schema up to date.
pub(super) async fn connect(url: &str, connections: u32) -> anyhow::Result<Pools> {
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
    let url = if sqlite {
        creating(url)
    } else {
        encrypted(url)
    };
    let broken = Broken::default();
    let open = async |most: u32, beginning: &'static str| {
        options(most, beginning, broken.clone())
            .connect(&url)
            .await
            .context("cannot open the database that DATABASE_URL names")
    };
    let most = |default| {
        if connections == 0 {
            default
        } else {
            connections
        }
    };
    let writer = if sqlite {
        open(1, SQLITE_WRITER).await?
    } else {
        open(most(16), POSTGRES).await?
    };
    migrate(&writer, sqlite)
        .await
        .context("cannot bring the database up to date")?;
    let (readers, beginning) = if sqlite {
        (open(most(4), SQLITE_READER).await?, SQLITE_PROBE)
    } else {
        (writer.clone(), POSTGRES)
    };
    let probe = options(1, beginning, broken.clone()).connect_lazy(&url)?;
    Ok(Pools {
        readers,
        writer,
        probe,
        broken,
        sqlite,
    })
}

fn creating(url: &str) -> String {
    let create = match url.contains("mode=") {
        true => "",
        false if url.contains('?') => "&mode=rwc",
        false => "?mode=rwc",
    };
    format!("{url}{create}")
}

/// Passwords and rows travel encrypted, unless they do not leave the machine or `url` says
/// otherwise.
fn encrypted(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else {
        return url.to_owned();
    };
    let is_local = match parsed.host() {
        // As a socket of the system's.
        None => true,
        Some(Host::Domain(name)) => name.is_empty() || name == "localhost" || name.contains("%2F"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    };
    // Hosts of schemes that are not the web's are not taken apart.
    let is_local = is_local
        || parsed
            .host_str()
            .and_then(|host| host.parse::<std::net::IpAddr>().ok())
            .is_some_and(|address| address.is_loopback());
    let says = parsed.query_pairs().any(|(name, value)| {
        ["sslmode", "ssl-mode"].contains(&&*name) || (name == "host" && value.starts_with('/'))
    });
    if is_local || says {
        return url.to_owned();
    }
    parsed.query_pairs_mut().append_pair("sslmode", "require");
    parsed.into()
}

/// A pool of at most `most` connections, each of which begins with the statements `beginning`.
fn options(most: u32, beginning: &'static str, broken: Broken) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE)
        // A ping before every query would double the time of each. A connection that was just
        // in use is trusted; one that rested may have been cut meanwhile.
        .test_before_acquire(false)
        .before_acquire(move |connection, about| {
            let broken = *broken.lock().unwrap_or_else(PoisonError::into_inner);
            let since = Instant::now().checked_sub(about.idle_for);
            let trusted = about.idle_for < TRUSTED_REST && broken.is_none_or(|at| since > Some(at));
            Box::pin(async move {
                // SQLite may have rolled back by itself what failed; sqlx then counts wrongly, and
                // would begin nothing on this connection any more.
                Ok(!connection.is_in_transaction() && (trusted || connection.ping().await.is_ok()))
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(beginning).await.map(drop) })
        })
}

fn migrator(sqlite: bool) -> Migrator {
    let migrations = if sqlite {
        migrations!("sqlite": "0001_init", "0002_kids", "0003_readiness", "0004_operators", "0005_phone_index")
    } else {
        migrations!("postgres": "0001_init", "0002_kids", "0003_readiness", "0004_operators", "0005_phone_index")
    };
    let migrations = (1..).zip(migrations).map(|(version, (name, sql))| {
        Migration::new(
            version,
            name.split_once('_').map_or(name, |(_, name)| name).into(),
            MigrationType::Simple,
            SqlStr::from_static(sql),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    // During an upgrade, and after the way back, there may be later ones.
    migrator.set_ignore_missing(true);
    migrator
}

/// Runs what was not run yet. Where nothing is left to do, nothing is tried: the role may have no
/// right to. Instances that start at once wait for each other: sqlx takes a lock of its own on
/// PostgreSQL, but on SQLite only an immediate transaction is one.
async fn migrate(pool: &AnyPool, sqlite: bool) -> anyhow::Result<()> {
    let migrator = migrator(sqlite);
    let ran: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success")
            .fetch_all(pool)
            .await
            .unwrap_or_default();
    let later = ran
        .iter()
        .filter(|(version, _)| !migrator.version_exists(*version));
    let later = later.count();
    if later > 0 {
        tracing::warn!(
            later,
            "the database has migrations that this program does not know: a later one made them"
        );
    }
    let has_run = |known: &Migration| {
        ran.iter()
            .any(|(version, sum)| *version == known.version && **sum == *known.checksum)
    };
    if migrator.iter().all(has_run) {
        return Ok(());
    }
    if !sqlite {
        return Ok(migrator.run(pool).await?);
    }
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    migrator.run(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::encrypted;

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        for url in [
            "postgres://u:p@localhost/d",
            "postgres://u@127.0.0.1:5432/d",
            "postgres://u@[::1]/d",
            "postgres:///d?host=/run/postgresql",
            "postgres://%2Frun%2Fpostgresql/d",
            "postgres://u@db.example.com/d?sslmode=disable",
            "postgres://u@db.example.com/d?sslmode=verify-full",
        ] {
            assert_eq!(encrypted(url), url);
        }
        for (url, with) in [
            (
                "postgres://u:p@db.example.com/d",
                "postgres://u:p@db.example.com/d?sslmode=require",
            ),
            (
                "postgresql://192.0.2.1/d?a=b",
                "postgresql://192.0.2.1/d?a=b&sslmode=require",
            ),
        ] {
            assert_eq!(encrypted(url), with);
        }
    }
}
