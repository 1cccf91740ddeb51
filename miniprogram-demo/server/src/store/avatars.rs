//! Uploaded pictures. They lie in the database so that every instance can serve them.

use uuid::Uuid;

use super::{Store, User, now, users};

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
            "UPDATE users SET avatar_url = $2, changed_at = $3 WHERE id = $1
             RETURNING id, openid, nick_name, avatar_url, phone, changed_at",
        )
        .bind(user_id)
        .bind(format!("/avatars/{id}"))
        .bind(now())
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(row.into())
    }

    /// Whether there is a picture with this id.
    pub async fn has_avatar(&self, id: &str) -> sqlx::Result<bool> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT CAST(1 AS BIGINT) FROM avatars WHERE id = $1")
                .bind(id)
                .fetch_optional(&self.readers)
                .await?;
        Ok(found.is_some())
    }

    /// The picture with this id.
    pub async fn avatar(&self, id: &str) -> sqlx::Result<Option<Avatar>> {
        let row: Option<(String, Vec<u8>)> =
            sqlx::query_as("SELECT content_type, bytes FROM avatars WHERE id = $1")
                .bind(id)
                .fetch_optional(&self.readers)
                .await?;
        Ok(row.map(|(content_type, bytes)| Avatar {
            content_type,
            bytes,
        }))
    }
}
