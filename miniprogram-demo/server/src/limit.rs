//! Rate limits, per client address and per user. They are counted by each instance for itself.

use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::answer::ApiError;
use crate::app::App;
use crate::client::Client;
use crate::config::Config;

/// All limits; an absent one is switched off.
#[derive(Debug)]
pub struct Limits {
    address: Option<DefaultKeyedRateLimiter<IpAddr>>,
    login: Option<DefaultKeyedRateLimiter<IpAddr>>,
    user: Option<DefaultKeyedRateLimiter<String>>,
}

impl Limits {
    /// Limits as `config` says.
    pub fn new(config: &Config) -> Self {
        Self {
            address: limiter(config.address_limit),
            login: limiter(config.login_limit),
            user: limiter(config.user_limit),
        }
    }

    /// Counts a login from `client`.
    pub fn login(&self, client: Client) -> Result<(), ApiError> {
        check(self.login.as_ref(), &client.0)
    }

    /// Counts a request of `user_id`.
    pub fn user(&self, user_id: &str) -> Result<(), ApiError> {
        check(self.user.as_ref(), &user_id.to_owned())
    }

    /// Forgets addresses and users that have been quiet.
    pub fn forget_quiet(&self) {
        self.address.iter().for_each(RateLimiter::retain_recent);
        self.login.iter().for_each(RateLimiter::retain_recent);
        self.user.iter().for_each(RateLimiter::retain_recent);
    }
}

/// Counts the request to its client's address.
pub async fn by_address(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let client = app.clients.find(request.headers(), peer);
    check(app.limits.address.as_ref(), &client.0)?;
    request.extensions_mut().insert(client);
    Ok(next.run(request).await)
}

fn limiter<K: Hash + Eq + Clone>(per_minute: u32) -> Option<DefaultKeyedRateLimiter<K>> {
    NonZeroU32::new(per_minute).map(|limit| RateLimiter::keyed(Quota::per_minute(limit)))
}

fn check<K: Hash + Eq + Clone>(
    limiter: Option<&DefaultKeyedRateLimiter<K>>,
    key: &K,
) -> Result<(), ApiError> {
    let Some(limiter) = limiter else {
        return Ok(());
    };
    limiter.check_key(key).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        ApiError::TooMany {
            retry_after: wait.as_secs() + 1,
        }
    })
}
