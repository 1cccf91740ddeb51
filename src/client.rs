//! One `wxp`'s core: what JavaScript may ask of it, and the carrying out of
//! what the session orders.
//!
//! What must be in force when a call returns is a plain function here. What takes time is a future,
//! which takes note of the moment of its call and does the rest when it is polled.

use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;

use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use crate::login::More;
use crate::platform::{Answered, Platform};
use crate::request::{self, Permit, Refused};
use crate::session::{Asker, Generation, LogoutEpoch, Order, Session, Snapshot};
use crate::time::Ms;
use crate::token::{Token, without_scheme};
use crate::{login, storage, submit};

/// What a call asks for, and has when it is polled to its end.
pub type Work<T> = LocalBoxFuture<'static, Result<T, Error>>;

/// See the module's documentation.
pub struct Client<P: Platform> {
    cx: Rc<Context<P>>,
}

impl<P: Platform> fmt::Debug for Client<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("cx", &self.cx).finish()
    }
}

impl<P: Platform> Client<P> {
    /// A client without a session. [`Self::restore`] comes next.
    pub fn new(config: Config, platform: P) -> Self {
        let session = Session::new(&config);
        let cx = Rc::new(Context::new(config, platform, session));
        cx.platform.spawn(carry_out(Rc::clone(&cx)).boxed_local());
        Self { cx }
    }

    /// The mini program.
    pub fn platform(&self) -> &P {
        &self.cx.platform
    }

    /// Takes over the stored token, if there is a usable one.
    pub fn restore(&self) -> Work<()> {
        let cx = Rc::clone(&self.cx);
        async move {
            storage::restore(&cx).await;
            Ok(())
        }
        .boxed_local()
    }

    /// Whether a request may go; see [`request::permit`].
    pub fn permit(&self, url: &str, own_authorization: bool, now: Ms) -> Permit {
        let config = &self.cx.config;
        self.cx
            .with(|session| request::permit(session, config, url, own_authorization, now))
    }

    /// The same where the url is known to lead home; see [`request::permit_home`].
    #[inline(always)] // as what follows: a request's two calls, at opt-level z
    pub fn permit_home(&self, now: Ms) -> Permit {
        self.cx
            .with(|session| request::permit_home(session, false, now))
    }

    /// Whether an answer is the one to deliver; see [`request::verdict`].
    #[inline(always)]
    pub fn verdict(&self, sent: Permit, answer: Answered) -> bool {
        self.cx
            .with(|session| request::verdict(session, sent.generation(), answer))
    }

    /// What the fast path can't do for a request; see [`request::send`].
    pub fn send(
        &self,
        call: P::Call,
        refused: Option<Refused<P::Value>>,
    ) -> Work<Option<P::Value>> {
        let epoch = self.cx.logout_epoch();
        request::send(Rc::clone(&self.cx), call, epoch, refused).boxed_local()
    }

    /// What a request rejects with that wx failed to perform.
    pub fn request_failed(&self, failure: &P::Value) -> Error {
        request::failed(&self.cx, failure)
    }

    /// The text of the token of this number; none if it is not the current one.
    pub fn bearer(&self, generation: Generation) -> Option<String> {
        self.cx.bearer(generation)
    }

    /// A usable token, logging in if there is none: `ensureLogin`, `getToken`.
    pub fn ensure(&self) -> Work<String> {
        let (cx, epoch) = (Rc::clone(&self.cx), self.cx.logout_epoch());
        async move {
            let generation = cx.access(Asker::App, epoch).await?;
            Ok(cx.bearer(generation).unwrap_or_default())
        }
        .boxed_local()
    }

    /// A login whose exchange carries more; see [`login::with_more`].
    pub fn login_with(&self, more: More<P::Value>) -> Work<()> {
        let turn = self.cx.with(|session| session.turn());
        let epoch = self.cx.logout_epoch();
        login::with_more(Rc::clone(&self.cx), turn, more, epoch).boxed_local()
    }

    /// Takes over a session that another login of the app brought (rule 22). `expires_in`: the life
    /// of the token, s, if that is known.
    ///
    /// # Errors
    /// Why the text can't be a token.
    pub fn set_token(&self, token: &str, expires_in: Option<i64>) -> Result<(), String> {
        let text = without_scheme(token, &self.cx.config.scheme);
        let token = Token::given::<P::Value>(text, expires_in, self.cx.now())?;
        self.cx.with(|session| session.give(token));
        Ok(())
    }

    /// A tap on `loginWithProfile`; see [`submit::tap`].
    ///
    /// # Errors
    /// `not_logged_in`.
    pub fn tap(&self) -> Result<LogoutEpoch, Error> {
        submit::tap(&self.cx)
    }

    /// Submits a profile; see [`submit::profile`].
    pub fn profile(&self, consent: P::Value, epoch: LogoutEpoch) -> Work<P::Value> {
        submit::profile(Rc::clone(&self.cx), consent, epoch).boxed_local()
    }

    /// What a failed getUserProfile rejects with.
    pub fn profile_failed(&self, failure: &P::Value) -> Error {
        submit::profile_failed(&self.cx, failure)
    }

    /// Submits a phone code; see [`submit::phone`].
    pub fn phone(&self, code: String) -> Work<P::Value> {
        let epoch = self.cx.logout_epoch();
        submit::phone(Rc::clone(&self.cx), code, epoch).boxed_local()
    }

    /// Ends the session now; the future tells the server.
    pub fn logout(&self) -> Work<()> {
        let ended = self.cx.with(|session| session.logout());
        let cx = Rc::clone(&self.cx);
        async move {
            submit::logout(&cx, ended.map(|token| token.value)).await;
            Ok(())
        }
        .boxed_local()
    }

    /// What `wxp.session` shows.
    pub fn snapshot(&self) -> Snapshot {
        let now = self.cx.now();
        self.cx.with(|session| session.snapshot(now))
    }

    /// The app went to the background.
    pub fn hide(&self) {
        self.cx.with(|session| session.hide());
    }

    /// The app is in front.
    pub fn show(&self) {
        self.cx.with(|session| session.show());
    }

    /// The network came back.
    pub fn online(&self) {
        self.cx.with(|session| session.online());
    }

    /// Every flow ends, and none starts any more.
    pub fn dispose(&self) {
        let outlived = self.cx.with(|session| session.close());
        let key = outlived.then_some(self.cx.config.storage_key.as_str());
        self.cx.platform.close(key);
    }
}

/// Carries out what the session orders, until it is closed.
async fn carry_out<P: Platform>(cx: Rc<Context<P>>) {
    let next = || poll_fn(|task| cx.with(|session| session.poll_order(task)));
    while let Some(order) = next().await {
        match order {
            Order::LogIn { flight, check } => {
                let login = login::run(Rc::clone(&cx), flight, check);
                cx.platform.spawn(login.boxed_local());
            }
            Order::Store => cx
                .platform
                .spawn(storage::save(Rc::clone(&cx)).boxed_local()),
            Order::Tell(event) => cx.platform.tell(&event),
        }
    }
}
