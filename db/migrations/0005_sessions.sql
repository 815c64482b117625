-- What ends tokens before their time. The server has these rows in memory; a row is of no use once every token that it is about has expired.
-- An account's tokens carry its generation, which grows when all of them are to end (signing out everywhere, a new password), and the
-- session (one sign-in on one device) that they belong to.

ALTER TABLE accounts ADD COLUMN generation bigint NOT NULL DEFAULT 0;

CREATE TABLE revocations (
    account_id bigint NOT NULL,            -- no reference: it outlives the account
    session_id bigint NOT NULL DEFAULT 0,  -- 0: all sessions
    generation bigint NOT NULL DEFAULT 0,  -- of all sessions: tokens of lower ones are void
    revoked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, session_id)
);
CREATE INDEX revocations_age ON revocations (revoked_at);

-- Tokens from before this have generation 0. Who has signed out everywhere once has some that are void.
UPDATE accounts SET generation = 1 WHERE tokens_from > 0;
INSERT INTO revocations (account_id, generation) SELECT id, generation FROM accounts WHERE generation > 0;
ALTER TABLE accounts DROP COLUMN tokens_from;
