//! The backend as one value, and its life as a server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, Clients};
use crate::config::Config;
use crate::connections::Connections;
use crate::limit::Limits;
use crate::observe::Metrics;
use crate::places::Places;
use crate::routes;
use crate::seal::Sealer;
use crate::store::Store;
use crate::token::TokenKeys;
use crate::wechat::{WechatApi, WechatHttp};

/// How often what is over is cleared away.
const UPKEEP: Duration = Duration::from_secs(60);
/// Open streams: each of them costs a query per second.
const STREAMS: usize = 1000;
const STREAMS_OF_USER: usize = 8;
/// Uploads at once, and pictures sent at once: each holds up to a megabyte or two.
const UPLOADS: usize = 24;
const UPLOADS_OF_USER: usize = 2;
const PICTURES: usize = 32;
const PICTURES_TO_CLIENT: usize = 8;
/// How long requests may take to finish once the server was asked to end.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// What handlers share. All lasting state is in the store, so instances are interchangeable.
#[derive(Debug)]
pub struct App {
    /// As started.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// Our tokens.
    pub tokens: TokenKeys,
    /// Encryption at rest.
    pub sealer: Sealer,
    /// WeChat.
    pub wechat: Box<dyn WechatApi>,
    /// Where requests come from.
    pub clients: Clients,
    /// Rate limits.
    pub limits: Limits,
    /// For `/metrics`.
    pub metrics: Metrics,
    /// Places for open streams, by user.
    pub streams: Places<String>,
    /// Places for uploads, by user.
    pub uploads: Places<String>,
    /// Places for pictures being sent.
    pub pictures: Places<Client>,
    /// Cancelled when the server ends, so that streams end too.
    pub ending: CancellationToken,
}

impl App {
    /// Connects to the database and prepares everything `config` asks for.
    pub async fn new(config: Config) -> anyhow::Result<Arc<Self>> {
        let store = Store::connect(
            config.database_url.expose_secret(),
            config.database_connections,
        )
        .await?;
        let jwt = given_or_generated(&store, "JWT_SECRET", &config.jwt_secrets).await?;
        let mut seal =
            given_or_generated(&store, "SESSION_KEY_SECRET", &config.session_key_secrets).await?;
        if !config.session_key_secrets.is_empty() {
            // Who began with a generated secret has rows sealed under it.
            let kept = store.kept_secret("SESSION_KEY_SECRET").await?;
            seal.extend(kept.map(SecretString::from));
        }
        let app = Arc::new(Self {
            tokens: TokenKeys::new(&jwt, &config.appid),
            sealer: Sealer::new(&seal),
            wechat: Box::new(WechatHttp::new(&config)?),
            clients: Clients::new(&config),
            limits: Limits::new(&config),
            metrics: Metrics::default(),
            streams: Places::new(STREAMS, STREAMS_OF_USER),
            uploads: Places::new(UPLOADS, UPLOADS_OF_USER),
            pictures: Places::new(PICTURES, PICTURES_TO_CLIENT),
            ending: CancellationToken::new(),
            store,
            config,
        });
        app.check_kids().await?;
        Ok(app)
    }

    /// Serves until `self.ending` is cancelled; then finishes the requests it has.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> anyhow::Result<()> {
        let connections = Connections::new(&self.config);
        let overdue = async {
            self.ending.cancelled().await;
            tokio::time::sleep(LAST_REQUESTS).await;
        };
        tokio::select! {
            () = connections.serve(listener, routes::router(&self), &self.ending) => {}
            () = overdue => tracing::warn!("some requests did not finish in time"),
            () = self.upkeep() => {}
        }
        self.store.close().await;
        Ok(())
    }

    async fn upkeep(&self) {
        let mut times = tokio::time::interval(UPKEEP);
        loop {
            times.tick().await;
            self.limits.forget_quiet();
            match self.store.clear_ended_sessions().await {
                Ok(ended) => tracing::debug!(ended, "cleared ended sessions"),
                Err(error) => tracing::error!(%error, "cannot clear ended sessions"),
            }
            if let Err(error) = self.renew_all_seals().await {
                tracing::error!(%error, "cannot seal anew");
            }
            if let Err(error) = self.check_kids().await {
                tracing::error!(%error, "what is sealed");
            }
        }
    }
}

async fn given_or_generated(
    store: &Store,
    name: &str,
    given: &[SecretString],
) -> anyhow::Result<Vec<SecretString>> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    tracing::warn!("{name} is not set: using a generated one, kept in the database");
    let secret = store
        .generated_secret(name)
        .await
        .context("cannot keep a generated secret")?;
    Ok(vec![secret.into()])
}
