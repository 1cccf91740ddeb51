-- By which a number is looked up: keyed, so that the database alone tells nothing.
ALTER TABLE users ADD COLUMN phone_index TEXT;
CREATE INDEX users_by_phone_index ON users (phone_index) WHERE phone_index IS NOT NULL;
-- What an older program stored or sealed anew: the upkeep makes it such that it can be found.
CREATE INDEX users_to_index ON users (id)
    WHERE phone IS NOT NULL AND (phone_index IS NULL OR substr(phone_index, 1, 12) <> phone_kid);
