-- By which a number is looked up: keyed, so that the database alone tells nothing.
ALTER TABLE users ADD COLUMN phone_index TEXT;
CREATE INDEX users_by_phone_index ON users (phone_index) WHERE phone_index IS NOT NULL;
-- The seal of the number that the index is of. An older program that serves beside this one, or
-- again, changes the seal alone: then the index is of another number or key, until the upkeep comes by.
ALTER TABLE users ADD COLUMN phone_indexed TEXT;
CREATE INDEX users_to_index ON users (id)
    WHERE phone IS NOT NULL AND (phone_indexed IS NULL OR phone_indexed <> phone);
