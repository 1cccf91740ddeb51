//! What lies sealed, by the secret it is sealed under.

use super::Store;

/// The two things that are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// Of a user, under the user's id.
    Phone,
    /// Of a session, under its id.
    SessionKey,
}

impl Sealed {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Phone, Self::SessionKey];

    /// As metrics and messages call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::SessionKey => "session_key",
        }
    }
}

/// A sealed text beside the id it belongs to.
#[derive(Debug, Clone)]
pub struct SealedRow {
    /// Of the row.
    pub id: String,
    /// As it is kept.
    pub sealed: String,
}

/// What comes in the place of such a row.
#[derive(Debug, Clone)]
pub struct Renewed {
    /// As it still stands.
    pub row: SealedRow,
    /// The new seal.
    pub sealed: String,
    /// By which a phone number is found.
    pub index: Option<String>,
}

impl Store {
    /// How many rows of `what` are in use under each kid.
    pub async fn count_sealed(&self, what: Sealed) -> sqlx::Result<Vec<(String, i64)>> {
        let sql = match what {
            Sealed::Phone => {
                "SELECT phone_kid, COUNT(*) FROM users
                 WHERE phone_kid IS NOT NULL GROUP BY phone_kid"
            }
            Sealed::SessionKey => {
                "SELECT kid, COUNT(*) FROM sessions WHERE expires_at > unixepoch() GROUP BY kid"
            }
        };
        sqlx::query_as(sql).fetch_all(self.readers()).await
    }

    /// Some rows sealed under `kid`, in the order of their ids, after `after`.
    pub async fn sealed_under(
        &self,
        what: Sealed,
        kid: &str,
        after: &str,
    ) -> sqlx::Result<Vec<SealedRow>> {
        let sql = match what {
            Sealed::Phone => {
                "SELECT id, phone FROM users WHERE phone_kid = $1 AND id > $2
                 ORDER BY id LIMIT 500"
            }
            Sealed::SessionKey => {
                "SELECT sid, session_key FROM sessions WHERE kid = $1 AND sid > $2
                 ORDER BY sid LIMIT 500"
            }
        };
        let rows: Vec<(String, String)> = sqlx::query_as(sql)
            .bind(kid)
            .bind(after)
            .fetch_all(self.readers())
            .await?;
        Ok(rows_of(rows))
    }

    /// Some phone numbers that cannot be found yet, as an older program stored them, in the order of
    /// their ids, after `after`.
    pub async fn phones_without_index(&self, after: &str) -> sqlx::Result<Vec<SealedRow>> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, phone FROM users
             WHERE phone IS NOT NULL
               AND (phone_indexed IS NULL OR phone_indexed <> phone)
               AND id > $1 ORDER BY id LIMIT 500",
        )
        .bind(after)
        .fetch_all(self.readers())
        .await?;
        Ok(rows_of(rows))
    }

    /// Puts new seals in the place of old ones, where these still stand.
    pub async fn replace_sealed(&self, what: Sealed, rows: &[Renewed]) -> sqlx::Result<()> {
        let sql = match what {
            Sealed::Phone => {
                "UPDATE users SET phone = $3, phone_index = $4, phone_indexed = $3
                 WHERE id = $1 AND phone = $2"
            }
            Sealed::SessionKey => {
                "UPDATE sessions SET session_key = $3 WHERE sid = $1 AND session_key = $2"
            }
        };
        let mut transaction = self.begin().await?;
        for Renewed { row, sealed, index } in rows {
            let query = sqlx::query(sql)
                .bind(&row.id)
                .bind(&row.sealed)
                .bind(sealed);
            let query = match what {
                Sealed::Phone => query.bind(index),
                Sealed::SessionKey => query,
            };
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }
}

fn rows_of(rows: Vec<(String, String)>) -> Vec<SealedRow> {
    let row = |(id, sealed)| SealedRow { id, sealed };
    rows.into_iter().map(row).collect()
}
