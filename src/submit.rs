//! What is posted on top of a session: the profile, the phone code, the logout.

use alloc::string::String;

use crate::client::{Answered, Client};
use crate::error::{Code, Error, Stage, of_transport};
use crate::flow::{self, Job, Phone, Post};
use crate::platform::{Op, Platform, Profile, Reply};
use crate::request::is_unauthorized;
use crate::session::{Asker, Generation, Leave, Status};
use crate::time::Ms;

/// Body code of the server for a session_key that is no longer WeChat's.
const STALE_KEY: i32 = 40901;

/// The name in the profile that WeChat gives for every user since 2022.
const ANONYMOUS: &str = "微信用户";

impl<P: Platform> Client<P> {
    /// A tap on `loginWithProfile` (rule 7): what to bring back with the consent. Without a session to go with it, none:
    /// then a silent login starts, and [`Self::refusal`] is `not_logged_in`.
    pub fn tap(&self) -> Option<Generation> {
        if self.usable().is_some() {
            return Some(self.floor());
        }
        self.ask(Asker::App, self.now());
        self.refuse(Error::new(Code::NotLoggedIn, Stage::Profile));
        None
    }

    /// Submits the profile that the user consented to at a tap (rule 7), then ends the operation. `tapped` is the
    /// session's floor at the tap. Neither renewed first nor replayed: WeChat encrypted it with the session_key of that
    /// moment, and a login would change the key.
    ///
    /// Fails with `profile_anonymous`, `logged_out`, `session_key_stale`, `profile_failed`, or a transport code.
    pub fn profile(&self, op: Op, profile: &Profile, tapped: Generation) {
        let stage = Stage::Profile;
        if is_anonymous(profile) {
            self.fail(op, Error::new(Code::ProfileAnonymous, stage));
        } else if self.config.profile_url.is_empty() {
            self.fail(op, unset(stage, "profile.url"));
        } else {
            self.submit_profile(flow::Profile { op, tapped });
        }
    }

    pub(crate) fn submit_profile(&self, profile: flow::Profile) {
        let flow::Profile { op, tapped } = profile;
        // However that login ends: the token from before it may still serve.
        if self.snapshot().status == Status::LoggingIn {
            return self.wait(Job::Profile(profile));
        }
        let stage = Stage::Profile;
        if self.floor() != tapped {
            return self.fail(op, Error::new(Code::LoggedOut, stage));
        }
        let Some((generation, token)) = self.usable() else {
            return self.stale(op, stage, tapped);
        };
        // Nothing is carried out here: a listener must not come between what was just seen and the post.
        self.session.borrow_mut().hold();
        let post = Post {
            op,
            stage,
            generation,
            token,
            phone: None,
        };
        self.post(
            post,
            &self.config.profile_url,
            "encryptedData iv rawData signature",
        );
    }

    /// Submits the code of a phone button, logging in first if needed, then ends the operation; once more after a
    /// 401, since the server answers that before it spends the code.
    ///
    /// Fails with `phone_failed`, `session_key_stale`, a login's error, or a transport code.
    pub fn phone(&self, op: Op, code: String) {
        let stage = Stage::Phone;
        if self.config.phone_url.is_empty() {
            self.fail(op, unset(stage, "phone.url"));
        } else if code.is_empty() {
            // The user refused the button.
            self.fail(op, Error::new(Code::PhoneFailed, stage));
        } else {
            let phone = Phone {
                op,
                code,
                floor: self.floor(),
                replayed: false,
            };
            self.submit_phone(phone, Asker::App);
        }
    }

    fn submit_phone(&self, phone: Phone, asker: Asker) {
        // A listener may have logged out since it came.
        if self.floor() != phone.floor {
            return self.fail(phone.op, Error::new(Code::LoggedOut, Stage::Phone));
        }
        let seen = self.settles.get();
        let leave = self.update(|session, now| session.ask(asker, now));
        match (leave, self.usable()) {
            (Leave::Go(asked), Some((generation, token))) if asked == generation => {
                let post = Post {
                    op: phone.op,
                    stage: Stage::Phone,
                    generation,
                    token,
                    phone: Some(phone),
                };
                self.post(post, &self.config.phone_url, "code");
            }
            // Listeners ran meanwhile, and took that token away.
            (Leave::Go(_), _) => self.submit_phone(phone, asker),
            // It may have settled inside the call.
            _ if seen != self.settles.get() => self.phone_settled(phone, self.settled()),
            _ => self.wait(Job::Phone(phone)),
        }
    }

    pub(crate) fn phone_settled(&self, phone: Phone, outcome: Result<(), Error>) {
        match outcome {
            Ok(()) => self.submit_phone(phone, Asker::Waiter),
            Err(error) => self.fail(phone.op, error),
        }
    }

    /// Tells the server about a logout, with the token that it ended; then ends the operation, whether the server was
    /// told or could not be reached.
    pub fn tell_logout(&self, op: Op, token: String) {
        if token.is_empty() || self.config.logout_url.is_empty() {
            return self.platform.finish(op, Ok(None));
        }
        let post = Post {
            op,
            stage: Stage::Logout,
            generation: 0,
            token,
            phone: None,
        };
        self.post(post, &self.config.logout_url, "");
    }

    fn post(&self, post: Post, url: &str, fields: &str) {
        let timeout = self.config.login_timeout;
        let (op, token) = (post.op, post.token.clone());
        self.step(Job::Post(post), 0, timeout, |platform, ticket| {
            platform.post(ticket, op, url, &token, fields, timeout);
        });
    }

    pub(crate) fn posted(&self, post: Post, started: Ms, answer: Answered<P>) {
        let Post {
            op,
            stage,
            generation,
            token,
            phone,
        } = post;
        let known = phone.as_ref().map_or("", |phone| &phone.code);
        let answer = match answer {
            Some(Ok(value)) => Ok(value),
            Some(Err(failure)) => Err(Error::from_wx(
                of_transport(&failure),
                stage,
                &failure,
                &[&token, known],
            )),
            None => Err(Error::new(Code::Timeout, stage)),
        };
        self.log(stage, started, answer.as_ref().err());
        if stage == Stage::Profile {
            self.update(|session, now| session.release(now));
        }
        let value = match answer {
            Ok(value) => value,
            Err(error) if stage == Stage::Logout => {
                self.emit_error(error);
                return self.platform.finish(op, Ok(None));
            }
            Err(error) => return self.fail(op, error),
        };
        let reply = self.platform.reply(&value);
        match phone {
            _ if stage == Stage::Logout => return self.platform.finish(op, Ok(None)),
            Some(phone) if reply.status == 401 && !phone.replayed && generation >= self.floor() => {
                return self.replay(phone, generation);
            }
            None if reply.status == 401 => return self.stale(op, stage, generation),
            _ => {}
        }
        if is_stale(reply) {
            return self.stale(op, stage, generation);
        }
        self.update(|session, now| {
            if is_unauthorized(reply.status) {
                session.unauthorized(generation, true, now);
            } else {
                session.accepted(generation);
            }
        });
        match (reply.status, reply.body_code) {
            (200, None | Some(0 | 200)) => self.platform.finish(op, Ok(Some(value))),
            (status, body) => {
                let code = if stage == Stage::Phone {
                    Code::PhoneFailed
                } else {
                    Code::ProfileFailed
                };
                self.fail(op, Error::from_server(code, stage, status, body, None));
            }
        }
    }

    fn replay(&self, phone: Phone, refused: Generation) {
        self.update(|session, _| session.refuse(refused));
        let phone = Phone {
            replayed: true,
            ..phone
        };
        self.submit_phone(phone, Asker::App);
    }

    /// What the user consented to is spent: a silent login makes the next tap work, unless the app logged
    /// out meanwhile.
    fn stale(&self, op: Op, stage: Stage, generation: Generation) {
        if generation < self.floor() {
            return self.fail(op, Error::new(Code::LoggedOut, stage));
        }
        self.update(|session, now| {
            session.refuse(generation);
            session.ask(Asker::App, now)
        });
        self.fail(op, Error::new(Code::SessionKeyStale, stage));
    }

    fn fail(&self, op: Op, error: Error) {
        self.platform.finish(op, Err(error));
    }
}

/// Whether WeChat gave the profile that it gives for everybody. A user may be called so; a gender says it is not.
pub fn is_anonymous(profile: &Profile) -> bool {
    profile.nick_name == ANONYMOUS && profile.gender.unwrap_or(0) == 0
}

fn is_stale(reply: Reply) -> bool {
    reply.status == 409 || reply.body_code == Some(STALE_KEY)
}

fn unset(stage: Stage, option: &'static str) -> Error {
    Error::of_option(option, "should be set", stage)
}
