//! Uploaded pictures. They lie in the database so that every instance can serve them.

use uuid::Uuid;

use super::{DEADLINE, Store, User, in_time, users};

/// A picture.
#[derive(Debug, Clone)]
pub struct Avatar {
    /// Its MIME type, found by its content.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Store {
    /// Keeps `avatar` as the user's only one, under a new id. Returns the user as changed.
    pub async fn set_avatar(&self, user_id: &str, avatar: &Avatar) -> sqlx::Result<User> {
        let id = Uuid::new_v4().to_string();
        in_time(DEADLINE, async {
            let mut transaction = self.begin().await?;
            sqlx::query(
                "INSERT INTO avatars VALUES ($1, $2, $3, $4)
             ON CONFLICT (user_id) DO UPDATE
             SET id = excluded.id, content_type = excluded.content_type, bytes = excluded.bytes",
            )
            .bind(&id)
            .bind(user_id)
            .bind(&avatar.content_type)
            .bind(&avatar.bytes)
            .execute(&mut *transaction)
            .await?;
            let row: users::Row = sqlx::query_as(
                "UPDATE users SET avatar_url = $2, changed_at = unixepoch() WHERE id = $1
             RETURNING id, openid, nick_name, avatar_url, phone, changed_at",
            )
            .bind(user_id)
            .bind(format!("/avatars/{id}"))
            .fetch_one(&mut *transaction)
            .await?;
            transaction.commit().await?;
            Ok(row.into())
        })
        .await
    }

    /// Whether there is a picture with this id.
    pub async fn has_avatar(&self, id: &str) -> sqlx::Result<bool> {
        let query = || {
            sqlx::query_scalar("SELECT CAST(1 AS BIGINT) FROM avatars WHERE id = $1")
                .bind(id)
                .fetch_optional(self.readers())
        };
        let found: Option<i64> = self.read(query).await?;
        Ok(found.is_some())
    }

    /// The picture with this id.
    pub async fn avatar(&self, id: &str) -> sqlx::Result<Option<Avatar>> {
        let query = || {
            sqlx::query_as("SELECT content_type, bytes FROM avatars WHERE id = $1")
                .bind(id)
                .fetch_optional(self.readers())
        };
        let row: Option<(String, Vec<u8>)> = self.read(query).await?;
        Ok(row.map(|(content_type, bytes)| Avatar {
            content_type,
            bytes,
        }))
    }
}
