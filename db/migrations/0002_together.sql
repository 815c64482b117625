-- What outlives a restart of the server: what was set in a room, its queue and what plays, and what was said.

ALTER TABLE rooms
    ADD COLUMN settings json,  -- both as relay/room/saved_room.h writes them
    ADD COLUMN queue    json;

CREATE TABLE chat_lines (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id   bigint NOT NULL REFERENCES rooms ON DELETE CASCADE,
    member_id bigint REFERENCES members ON DELETE SET NULL,
    label     text NOT NULL,  -- what the member was called
    line      text NOT NULL,
    said_at   timestamptz NOT NULL
);
CREATE INDEX chat_lines_room ON chat_lines (room_id, id);
