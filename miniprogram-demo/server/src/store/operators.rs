//! What operators ask of users and do with them.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{DEADLINE, Store, in_time};

/// By what a user is looked for.
#[derive(Debug, Clone, Copy)]
pub enum By {
    /// Our id.
    Id,
    /// WeChat's id within this app.
    Openid,
    /// WeChat's id across the owner's apps.
    Unionid,
    /// The index of the phone number.
    Phone,
}

/// All that is known of a user, times in unix seconds.
#[derive(Debug, Clone)]
pub struct Record {
    /// Our id.
    pub id: String,
    /// WeChat's id within this app.
    pub openid: String,
    /// WeChat's id across the owner's apps.
    pub unionid: Option<String>,
    /// Empty until the user gives one.
    pub nick_name: String,
    /// URL, or path on this server, or empty.
    pub avatar_url: String,
    /// Sealed under the id.
    pub phone: Option<String>,
    /// Of the first login.
    pub created_at: i64,
    /// Of the last change.
    pub changed_at: i64,
    /// Since when the user is blocked.
    pub blocked_at: Option<i64>,
    /// When each session began, and when it ends.
    pub sessions: Vec<(i64, i64)>,
}

impl Store {
    /// The users of that id; more than one only by unionid and by phone number.
    pub async fn find_users(&self, by: By, value: &str) -> sqlx::Result<Vec<Record>> {
        macro_rules! users_where {
            ($condition:literal) => {
                concat!(
                    "SELECT id, openid, unionid, nick_name, avatar_url, phone,
                            created_at, changed_at, blocked_at FROM users WHERE ",
                    $condition
                )
            };
        }
        let sql = match by {
            By::Id => users_where!("id = $1"),
            By::Openid => users_where!("openid = $1"),
            By::Unionid => users_where!("unionid = $1 ORDER BY id"),
            By::Phone => {
                users_where!("phone_index = $1 AND phone_indexed = phone ORDER BY id")
            }
        };
        in_time(DEADLINE, async {
            let rows = sqlx::query(sql)
                .bind(value)
                .fetch_all(self.readers())
                .await?;
            let mut records = Vec::new();
            for row in rows {
                let mut record = record(&row)?;
                record.sessions = sqlx::query_as(
                    "SELECT created_at, expires_at FROM sessions
                     WHERE user_id = $1 AND expires_at > unixepoch() ORDER BY created_at",
                )
                .bind(&record.id)
                .fetch_all(self.readers())
                .await?;
                records.push(record);
            }
            Ok(records)
        })
        .await
    }

    /// Blocks a user and ends their sessions, or unblocks them. Returns whether there is one.
    pub async fn set_blocked(&self, user_id: &str, blocked: bool) -> sqlx::Result<bool> {
        let sql = if blocked {
            "UPDATE users SET blocked_at = COALESCE(blocked_at, unixepoch()) WHERE id = $1"
        } else {
            "UPDATE users SET blocked_at = NULL WHERE id = $1"
        };
        in_time(DEADLINE, async {
            let mut transaction = self.begin().await?;
            let done = sqlx::query(sql)
                .bind(user_id)
                .execute(&mut *transaction)
                .await?;
            if blocked {
                sqlx::query("DELETE FROM sessions WHERE user_id = $1")
                    .bind(user_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(done.rows_affected() > 0)
        })
        .await
    }

    /// Logs a user out everywhere. Returns how many sessions there were.
    pub async fn revoke_sessions(&self, user_id: &str) -> sqlx::Result<u64> {
        self.delete("DELETE FROM sessions WHERE user_id = $1", user_id)
            .await
    }

    /// Deletes a user with all that is theirs. Returns whether there was one.
    pub async fn delete_user(&self, user_id: &str) -> sqlx::Result<bool> {
        let deleted = self.delete("DELETE FROM users WHERE id = $1", user_id);
        Ok(deleted.await? > 0)
    }

    async fn delete(&self, sql: &'static str, user_id: &str) -> sqlx::Result<u64> {
        in_time(DEADLINE, async {
            let mut transaction = self.begin().await?;
            let done = sqlx::query(sql)
                .bind(user_id)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(done.rows_affected())
        })
        .await
    }
}

fn record(row: &AnyRow) -> sqlx::Result<Record> {
    Ok(Record {
        id: row.try_get(0)?,
        openid: row.try_get(1)?,
        unionid: row.try_get(2)?,
        nick_name: row.try_get(3)?,
        avatar_url: row.try_get(4)?,
        phone: row.try_get(5)?,
        created_at: row.try_get(6)?,
        changed_at: row.try_get(7)?,
        blocked_at: row.try_get(8)?,
        sessions: Vec::new(),
    })
}
