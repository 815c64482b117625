-- Rooms, who joined them, what was played, and every control event with its result.
-- A room's rows go with it: an empty room is deleted after its grace time.

CREATE TABLE rooms (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code             text NOT NULL UNIQUE CHECK (code ~ '^[2-9A-HJKMNP-Z]{5}$'),
    epoch            bigint NOT NULL DEFAULT 0,
    status           text NOT NULL DEFAULT 'idle' CHECK (status IN ('idle', 'buffering', 'playing', 'paused')),
    link             text,
    position_samples bigint NOT NULL DEFAULT 0,  -- at updated_at, 48 kHz
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE members (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id   bigint NOT NULL REFERENCES rooms ON DELETE CASCADE,
    name      text NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    left_at   timestamptz
);
CREATE INDEX members_room ON members (room_id);

CREATE TABLE plays (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id     bigint NOT NULL REFERENCES rooms ON DELETE CASCADE,
    member_id   bigint REFERENCES members ON DELETE SET NULL,
    link        text NOT NULL,
    title       text NOT NULL,
    artist      text NOT NULL,
    duration_ms bigint,
    started_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX plays_room ON plays (room_id, started_at);

CREATE TABLE room_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id    bigint NOT NULL REFERENCES rooms ON DELETE CASCADE,
    member_id  bigint REFERENCES members ON DELETE SET NULL,
    op         text NOT NULL,
    arguments  jsonb NOT NULL,
    result     text NOT NULL,  -- 'ok' or a problem's code
    epoch      bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX room_events_room ON room_events (room_id, id);
