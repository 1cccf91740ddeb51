//! Users.

use uuid::Uuid;

use super::{DEADLINE, NewSession, Store, in_time};
use crate::wechat::WechatSession;

/// A user as the database knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Internal id; the only one that leaves the server.
    pub id: String,
    /// WeChat's id.
    pub openid: String,
    /// Empty until the user gives one.
    pub nick_name: String,
    /// URL, or path on this server, or empty.
    pub avatar_url: String,
    /// Sealed under the user's id.
    pub phone: Option<String>,
    /// Unix seconds of the last change to what is shown.
    pub changed_at: i64,
}

/// What a login made.
#[derive(Debug)]
pub struct NewLogin {
    /// Whose it is.
    pub user: User,
    /// Whether the login made the user.
    pub is_new: bool,
    /// When the session began: unix seconds of the database's clock.
    pub begins_at: i64,
    /// When it ends.
    pub ends_at: i64,
}

pub(super) type Row = (String, String, String, String, Option<String>, i64);

impl From<Row> for User {
    fn from((id, openid, nick_name, avatar_url, phone, changed_at): Row) -> Self {
        Self {
            id,
            openid,
            nick_name,
            avatar_url,
            phone,
            changed_at,
        }
    }
}

impl Store {
    /// Keeps a session for the user who logged in, made if need be. However often a login is
    /// repeated, and on however many instances at once, an openid has one user: one statement finds
    /// or makes it. None when an operator blocked the user.
    pub async fn login(
        &self,
        login: &WechatSession,
        session: NewSession<'_>,
    ) -> sqlx::Result<Option<NewLogin>> {
        in_time(DEADLINE, async {
            let mut transaction = self.begin().await?;
            let candidate = Uuid::new_v4().to_string();
            let row: Row = sqlx::query_as(
                "INSERT INTO users (id, openid, unionid, created_at, changed_at)
                 VALUES ($1, $2, $3, unixepoch(), unixepoch())
                 ON CONFLICT (openid)
                 DO UPDATE SET unionid = COALESCE(excluded.unionid, users.unionid)
                 RETURNING id, openid, nick_name, avatar_url, phone, changed_at",
            )
            .bind(&candidate)
            .bind(&login.openid)
            .bind(&login.unionid)
            .fetch_one(&mut *transaction)
            .await?;
            let is_new = row.0 == candidate;
            let blocked: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM users WHERE id = $1 AND blocked_at IS NOT NULL",
            )
            .bind(&row.0)
            .fetch_one(&mut *transaction)
            .await?;
            if blocked > 0 {
                return Ok(None);
            }
            let (begins_at, ends_at): (i64, i64) = sqlx::query_as(
                "INSERT INTO sessions (sid, user_id, session_key, created_at, expires_at)
                 VALUES ($1, $2, $3, unixepoch(), unixepoch() + $4)
                 RETURNING created_at, expires_at",
            )
            .bind(session.sid)
            .bind(&row.0)
            .bind(session.session_key)
            .bind(session.life)
            .fetch_one(&mut *transaction)
            .await?;
            if session.most > 0 {
                // The oldest make room.
                sqlx::query(
                    "DELETE FROM sessions WHERE sid IN (
                         SELECT sid FROM sessions WHERE user_id = $1 AND sid <> $2
                         ORDER BY created_at DESC, sid LIMIT 1000 OFFSET $3)",
                )
                .bind(&row.0)
                .bind(session.sid)
                .bind(session.most - 1)
                .execute(&mut *transaction)
                .await?;
            }
            transaction.commit().await?;
            Ok(Some(NewLogin {
                user: row.into(),
                is_new,
                begins_at,
                ends_at,
            }))
        })
        .await
    }

    /// Sets nickname and, if given, picture. Returns the user as changed.
    pub async fn set_profile(
        &self,
        user_id: &str,
        nick_name: &str,
        avatar_url: Option<&str>,
    ) -> sqlx::Result<User> {
        in_time(DEADLINE, async {
            let mut transaction = self.begin().await?;
            let row: Row = sqlx::query_as(
                "UPDATE users SET nick_name = $2, avatar_url = COALESCE($3, avatar_url),
                                  changed_at = unixepoch()
                 WHERE id = $1
                 RETURNING id, openid, nick_name, avatar_url, phone, changed_at",
            )
            .bind(user_id)
            .bind(nick_name)
            .bind(avatar_url)
            .fetch_one(&mut *transaction)
            .await?;
            transaction.commit().await?;
            Ok(row.into())
        })
        .await
    }

    /// Sets the sealed phone number, and by what it is found. Returns the user as changed.
    pub async fn set_phone(
        &self,
        user_id: &str,
        sealed: &str,
        index: Option<&str>,
    ) -> sqlx::Result<User> {
        in_time(DEADLINE, async {
            let mut transaction = self.begin().await?;
            let row: Row = sqlx::query_as(
                "UPDATE users SET phone = $2, phone_index = $3, phone_indexed = $2,
                                  changed_at = unixepoch()
                 WHERE id = $1
                 RETURNING id, openid, nick_name, avatar_url, phone, changed_at",
            )
            .bind(user_id)
            .bind(sealed)
            .bind(index)
            .fetch_one(&mut *transaction)
            .await?;
            transaction.commit().await?;
            Ok(row.into())
        })
        .await
    }

    /// How many users there are.
    pub async fn count_users(&self) -> sqlx::Result<i64> {
        sqlx::query_scalar("SELECT COUNT(*) FROM users")
            .fetch_one(self.readers())
            .await
    }
}
