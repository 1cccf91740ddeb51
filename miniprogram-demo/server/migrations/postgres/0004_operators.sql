ALTER TABLE users ADD COLUMN blocked_at BIGINT; -- by an operator
CREATE INDEX users_by_unionid ON users (unionid) WHERE unionid IS NOT NULL;
