-- How long a room lives, and which addresses the people who run the server have banned.

ALTER TABLE rooms
    ADD COLUMN used       boolean NOT NULL DEFAULT false,               -- something was played, queued or said in it
    ADD COLUMN kept_by    bigint REFERENCES accounts ON DELETE SET NULL, -- it stays until its host closes it
    ADD COLUMN emptied_at timestamptz DEFAULT now();                    -- null while somebody is in it
CREATE INDEX rooms_kept_by ON rooms (kept_by);
UPDATE rooms SET used = queue IS NOT NULL OR EXISTS (SELECT FROM plays WHERE room_id = rooms.id)
                        OR EXISTS (SELECT FROM chat_lines WHERE room_id = rooms.id);

CREATE TABLE address_bans (
    address   text PRIMARY KEY,  -- IPv6 as its /64
    banned_at timestamptz NOT NULL DEFAULT now()
);
