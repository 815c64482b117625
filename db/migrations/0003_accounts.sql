-- Accounts, and what each keeps. All of it goes with the account.

CREATE TABLE accounts (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL,
    name_key      text NOT NULL UNIQUE,       -- the name without upper case
    password_hash text NOT NULL,
    tokens_from   bigint NOT NULL DEFAULT 0,  -- refresh tokens from before (seconds since 1970) are void
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE favourites (
    account_id  bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    link        text NOT NULL,
    title       text NOT NULL,
    artist      text NOT NULL,
    duration_ms bigint,
    added_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, link)
);

CREATE TABLE account_rooms (
    account_id bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    room_id    bigint NOT NULL REFERENCES rooms ON DELETE CASCADE,
    member_id  bigint NOT NULL REFERENCES members ON DELETE CASCADE,  -- who the account is there
    joined_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, room_id)
);
CREATE INDEX account_rooms_room ON account_rooms (room_id);
CREATE INDEX account_rooms_member ON account_rooms (member_id);

CREATE TABLE account_plays (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    link        text NOT NULL,
    title       text NOT NULL,
    artist      text NOT NULL,
    duration_ms bigint,
    heard_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX account_plays_account ON account_plays (account_id, id);
