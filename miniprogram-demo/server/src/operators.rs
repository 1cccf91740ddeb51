//! What operators do with users, from the command line.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::config::Config;
use crate::routes::masked;
use crate::seal::Sealer;
use crate::store::{By, Record, Store};

/// What can be done.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Bring the database up to date, and end. A role that may do no more than read and write rows
    /// can serve afterwards
    Migrate,
    /// Find, export, block, unblock or delete a user
    #[command(subcommand)]
    Users(Users),
    /// End sessions
    #[command(subcommand)]
    Sessions(Sessions),
}

/// What can be done with a user.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Users {
    /// Print who a user is
    Find {
        /// By whom to look
        #[command(flatten)]
        key: Key,
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Phone numbers in full
        #[arg(long)]
        show: bool,
    },
    /// Write all that is kept of a user into a new file, as JSON
    Export {
        /// The user's id
        #[arg(long)]
        user: String,
        /// The file, or - for stdout
        file: PathBuf,
        /// The phone number in full
        #[arg(long)]
        show: bool,
    },
    /// End the user's sessions and refuse new ones
    Block(Act),
    /// Let the user log in again
    Unblock(Act),
    /// Delete the user, with everything that is kept of them
    Delete(Act),
}

/// What can be done with sessions.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Sessions {
    /// Log a user out everywhere
    Revoke(Act),
}

/// One of the four.
#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Key {
    /// Our id
    #[arg(long)]
    user: Option<String>,
    /// WeChat's id within this app
    #[arg(long)]
    openid: Option<String>,
    /// WeChat's id across the owner's apps
    #[arg(long)]
    unionid: Option<String>,
    /// The phone number with its country code, +86...
    #[arg(long)]
    phone: Option<String>,
}

/// Something done to a user.
#[derive(Debug, Clone, clap::Args)]
pub struct Act {
    /// The user's id
    #[arg(long)]
    user: String,
    /// Do it; without, block and delete only say what they would do
    #[arg(long)]
    yes: bool,
    /// The result as JSON
    #[arg(long)]
    json: bool,
}

/// Does what `command` says.
pub async fn run(command: &Command, config: &Config) -> anyhow::Result<()> {
    let store = Store::connect(config.database_url.expose_secret(), 2).await?;
    let result = match command {
        Command::Migrate => {
            tracing::info!(database = config.database(), "up to date");
            Ok(())
        }
        Command::Users(command) => users(command, &store, config).await,
        Command::Sessions(Sessions::Revoke(act)) => revoke(act, &store).await,
    };
    store.close().await;
    result
}

async fn users(command: &Users, store: &Store, config: &Config) -> anyhow::Result<()> {
    match command {
        Users::Find { key, json, show } => {
            let sealer = sealer(store, config).await?;
            let found = find(key, store, &sealer).await?;
            ensure!(!found.is_empty(), "no such user");
            for record in &found {
                print(&told(record, &sealer, *show), *json)?;
            }
            Ok(())
        }
        Users::Export { user, file, show } => {
            let record = one(store, user).await?;
            let mut all = told(&record, &sealer(store, config).await?, *show);
            let picture = record.avatar_url.strip_prefix("/avatars/");
            if let Some(id) = picture
                && let Some(avatar) = store.avatar(id).await?
            {
                all["avatar"] = json!({
                    "contentType": avatar.content_type,
                    "base64": BASE64.encode(avatar.bytes),
                });
            }
            let text = serde_json::to_string_pretty(&all)? + "\n";
            if file.as_os_str() == "-" {
                std::io::stdout().write_all(text.as_bytes())?;
            } else {
                let mut options = OpenOptions::new();
                options.write(true).create_new(true).mode(0o600);
                let made = options.open(file);
                let mut file = made.with_context(|| format!("cannot make {}", file.display()))?;
                file.write_all(text.as_bytes())?;
                file.sync_all()?;
            }
            logged("export", user);
            Ok(())
        }
        Users::Block(act) => {
            agreed(act, store, "block, and end the sessions of").await?;
            ensure!(store.set_blocked(&act.user, true).await?, "no such user");
            done("block", act, &json!({ "user": act.user, "blocked": true }))
        }
        Users::Unblock(act) => {
            ensure!(store.set_blocked(&act.user, false).await?, "no such user");
            done(
                "unblock",
                act,
                &json!({ "user": act.user, "blocked": false }),
            )
        }
        Users::Delete(act) => {
            agreed(act, store, "delete, with all that is kept of them,").await?;
            ensure!(store.delete_user(&act.user).await?, "no such user");
            done("delete", act, &json!({ "user": act.user, "deleted": true }))
        }
    }
}

async fn find(key: &Key, store: &Store, sealer: &Sealer) -> anyhow::Result<Vec<Record>> {
    let (by, values) = match key {
        Key { user: Some(id), .. } => (By::Id, vec![id.clone()]),
        Key {
            openid: Some(id), ..
        } => (By::Openid, vec![id.clone()]),
        Key {
            unionid: Some(id), ..
        } => (By::Unionid, vec![id.clone()]),
        Key {
            phone: Some(phone), ..
        } => {
            ensure!(
                phone.starts_with('+'),
                "a phone number begins with its country code, +86..."
            );
            (By::Phone, sealer.indexes(phone))
        }
        Key { .. } => bail!("by whom?"),
    };
    let mut found = Vec::new();
    for value in values {
        found.extend(store.find_users(by, &value).await?);
    }
    Ok(found)
}

async fn revoke(act: &Act, store: &Store) -> anyhow::Result<()> {
    one(store, &act.user).await?;
    let ended = store.revoke_sessions(&act.user).await?;
    done(
        "revoke",
        act,
        &json!({ "user": act.user, "sessionsEnded": ended }),
    )
}

async fn one(store: &Store, id: &str) -> anyhow::Result<Record> {
    let found = store.find_users(By::Id, id).await?;
    found.into_iter().next().context("no such user")
}

async fn agreed(act: &Act, store: &Store, what: &str) -> anyhow::Result<()> {
    let Record { id, nick_name, .. } = one(store, &act.user).await?;
    ensure!(
        act.yes,
        "this would {what} the user {id} ({nick_name:?}): say --yes"
    );
    Ok(())
}

fn done(what: &str, act: &Act, result: &Value) -> anyhow::Result<()> {
    logged(what, &act.user);
    print(result, act.json)
}

/// Who did what to whom; when is the log's to say.
fn logged(act: &str, user: &str) {
    let uid = rustix::process::getuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut users = users.lines().map(|line| line.split(':'));
    let name = users.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
    });
    let by = name.unwrap_or_else(|| format!("uid {uid}"));
    tracing::info!(act, user, by, "an operator acted");
}

fn print(value: &Value, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{value}")?;
        return Ok(());
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => writeln!(out, "{name}: {text:?}")?,
            value => writeln!(out, "{name}: {value}")?,
        }
    }
    Ok(())
}

fn told(record: &Record, sealer: &Sealer, show: bool) -> Value {
    let phone = record.phone.as_deref().map(|sealed| {
        let opened = sealer.open(&record.id, sealed);
        match opened {
            Ok(phone) if show => phone,
            Ok(phone) => masked(&phone),
            Err(error) => error.to_string(),
        }
    });
    let sessions = record.sessions.iter();
    let sessions: Vec<_> = sessions
        .map(|(begins, ends)| json!({ "createdAt": begins, "expiresAt": ends }))
        .collect();
    json!({
        "id": record.id,
        "openid": record.openid,
        "unionid": record.unionid,
        "nickName": record.nick_name,
        "avatarUrl": record.avatar_url,
        "phone": phone,
        "createdAt": record.created_at,
        "changedAt": record.changed_at,
        "blockedAt": record.blocked_at,
        "sessions": sessions,
    })
}

/// Opens what the serving instances sealed.
async fn sealer(store: &Store, config: &Config) -> anyhow::Result<Sealer> {
    let mut secrets = config.session_key_secrets.clone();
    let kept = store.kept_secret("SESSION_KEY_SECRET").await?;
    secrets.extend(kept.map(SecretString::from));
    Ok(Sealer::new(&secrets))
}
