//! A WeChat to try the backend and the SDK with: WeChat's server side, the phone's side for a host
//! that implements `wx` over HTTP, faults on demand, and a log of every call.

mod call;
mod connection;
mod control;
mod fault;
mod guard;
mod log;
mod network;
mod phone;
mod stream;
mod wechat;
mod world;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::routing::{any, get, post, put};
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

pub use network::Route;

use fault::Faults;
use log::Log;
use network::Network;
use world::World;

pub use crate::config::{SIMULATED_APPID as APPID, SIMULATED_SECRET as SECRET};

/// How a simulator is set up.
#[derive(Debug, Default)]
pub struct Options {
    /// Where the phone's requests really go, like a hosts file.
    pub routes: Vec<Route>,
    /// A directory to serve at `/`.
    pub serve: Option<PathBuf>,
}

/// One simulated WeChat. All state is in memory.
#[derive(Debug)]
pub struct Simulator {
    world: Mutex<World>,
    faults: Mutex<Faults>,
    log: Mutex<Log>,
    network: Network,
}

impl Simulator {
    /// Serves a fresh simulator until the listener fails.
    pub async fn serve(listener: TcpListener, options: Options) -> anyhow::Result<()> {
        let Options { routes, serve } = options;
        let simulator = Arc::new(Self {
            world: Mutex::default(),
            faults: Mutex::default(),
            log: Mutex::default(),
            network: Network::new(routes)?,
        });
        let names = guard::Names::of(listener.local_addr()?);
        let guard = middleware::from_fn_with_state(names, guard::guard);
        connection::serve(listener, router(simulator, serve).layer(guard)).await
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }
}

/// A handler that panicked leaves the simulator as usable as it was.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn router(simulator: Arc<Simulator>, serve: Option<PathBuf>) -> Router {
    let calls = Router::new()
        .route("/sns/jscode2session", any(wechat::jscode2session))
        .route("/cgi-bin/stable_token", post(wechat::stable_token))
        .route(
            "/wxa/business/getuserphonenumber",
            post(wechat::getuserphonenumber),
        )
        .route("/wxa/checksession", get(wechat::checksession))
        .route("/phone/login", post(phone::login))
        .route("/phone/checkSession", post(phone::check_session))
        .route("/phone/getUserProfile", post(phone::get_user_profile))
        .route("/phone/getPhoneNumber", post(phone::get_phone_number))
        .route("/phone/request", post(phone::request))
        .route("/phone/uploadFile", post(phone::upload_file))
        .layer(middleware::from_fn_with_state(
            simulator.clone(),
            call::record,
        ));
    let controls = Router::new()
        .route("/log", get(control::log).delete(control::clear_log))
        .route(
            "/faults",
            get(control::faults)
                .put(control::set_faults)
                .post(control::add_fault)
                .delete(control::clear_faults),
        )
        .route(
            "/settings",
            get(control::settings).put(control::set_settings),
        )
        .route("/users/{user}", put(control::set_user).get(control::user))
        .route("/avatar/{file}", get(control::avatar));
    let router = calls.merge(controls);
    let router = match serve {
        Some(directory) => router.fallback_service(ServeDir::new(directory)),
        None => router,
    };
    router.with_state(simulator)
}
