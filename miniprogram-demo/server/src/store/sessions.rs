//! Sessions: what a token's `sid` points to.

use super::{DEADLINE, Store, User, in_time, users};

/// A session to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Its id.
    pub sid: &'a str,
    /// Sealed under `sid`.
    pub session_key: &'a str,
    /// How long it lives, s.
    pub life: i64,
    /// How many sessions the user may have with it; 0: any number.
    pub most: i64,
}

/// A live session and its user.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id.
    pub sid: String,
    /// Sealed under `sid`.
    pub session_key: String,
    /// Unix seconds.
    pub expires_at: i64,
    /// Whose it is.
    pub user: User,
}

type Row = (
    String,
    i64,
    String,
    String,
    String,
    String,
    Option<String>,
    i64,
);

impl Store {
    /// The live session `sid`; none when it ended or was revoked.
    pub async fn session(&self, sid: &str) -> sqlx::Result<Option<Session>> {
        let query = || {
            sqlx::query_as(
                "SELECT s.session_key, s.expires_at,
                    u.id, u.openid, u.nick_name, u.avatar_url, u.phone, u.changed_at
             FROM sessions s JOIN users u ON u.id = s.user_id
             WHERE s.sid = $1 AND s.expires_at > unixepoch()",
            )
            .bind(sid)
            .fetch_optional(self.readers())
        };
        let row: Option<Row> = self.read(query).await?;
        Ok(row.map(
            |(session_key, expires_at, id, openid, nick_name, avatar_url, phone, at)| {
                let user: users::Row = (id, openid, nick_name, avatar_url, phone, at);
                Session {
                    sid: sid.to_owned(),
                    session_key,
                    expires_at,
                    user: user.into(),
                }
            },
        ))
    }

    /// Revokes a session: its tokens and its session_key are gone.
    pub async fn revoke_session(&self, sid: &str) -> sqlx::Result<()> {
        in_time(DEADLINE, async {
            let mut transaction = self.begin().await?;
            sqlx::query("DELETE FROM sessions WHERE sid = $1")
                .bind(sid)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        })
        .await
    }

    /// Clears away sessions whose time is over. Returns how many there were.
    pub async fn clear_ended_sessions(&self) -> sqlx::Result<u64> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query("DELETE FROM sessions WHERE expires_at <= unixepoch()")
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected())
    }
}
