-- Under which secret a row is sealed: what it begins with. Computed, so that it can't be wrong,
-- and programs that do not know the column keep working.
ALTER TABLE users ADD COLUMN phone_kid TEXT GENERATED ALWAYS AS (substr(phone, 1, 12)) STORED;
ALTER TABLE sessions ADD COLUMN kid TEXT GENERATED ALWAYS AS (substr(session_key, 1, 12)) STORED;
CREATE INDEX users_by_phone_kid ON users (phone_kid, id) WHERE phone_kid IS NOT NULL;
CREATE INDEX sessions_by_kid ON sessions (kid, sid);
