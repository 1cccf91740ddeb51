-- Written now and then to learn whether the database can be written.
CREATE TABLE readiness (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    tried_at BIGINT NOT NULL
);
INSERT INTO readiness VALUES (1, 0);
-- As SQLite calls it: the database's own clock, in unix seconds.
CREATE FUNCTION unixepoch() RETURNS BIGINT LANGUAGE SQL STABLE
AS 'SELECT EXTRACT(EPOCH FROM now())::BIGINT';
