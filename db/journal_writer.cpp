#include "db/journal_writer.h"

#include <utility>

namespace musicspace::db {

namespace {

// Times say when something happened, which may be long before it is written: so many seconds before now().
constexpr const char* kUpdateRoom =
    "UPDATE rooms SET epoch = $2, status = $3, link = nullif($4, ''), position_samples = $5, settings = coalesce($6::json, settings), "
    "queue = coalesce($7::json, queue), updated_at = now() - make_interval(secs => $8), used = $9, "
    "kept_by = (SELECT id FROM accounts WHERE id = $10), emptied_at = CASE WHEN $11 THEN now() - make_interval(secs => $8) END WHERE id = "
    "$1";
constexpr const char* kInsertEvent =
    "INSERT INTO room_events (room_id, member_id, op, arguments, result, epoch, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, now() - make_interval(secs => $7))";
constexpr const char* kPruneEvents =
    "DELETE FROM room_events WHERE room_id = $1 AND id <= (SELECT id FROM room_events WHERE room_id = $1 ORDER BY id DESC OFFSET $2 LIMIT "
    "1)";
constexpr const char* kInsertPlay =
    "INSERT INTO plays (room_id, member_id, link, title, artist, duration_ms, started_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, now() - make_interval(secs => $7))";
constexpr const char* kPrunePlays =
    "DELETE FROM plays WHERE room_id = $1 AND id <= (SELECT id FROM plays WHERE room_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)";
constexpr const char* kInsertChat =
    "INSERT INTO chat_lines (room_id, member_id, label, line, said_at) VALUES ($1, $2, $3, $4, to_timestamp($5 / 1000.0))";
constexpr const char* kPruneChat =
    "DELETE FROM chat_lines WHERE room_id = $1 AND id <= (SELECT id FROM chat_lines WHERE room_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)";
constexpr const char* kDepart = "UPDATE members SET left_at = now() - make_interval(secs => $2) WHERE id = $1";
constexpr const char* kInsertHeard =
    "INSERT INTO account_plays (account_id, link, title, artist, duration_ms, heard_at) "
    "SELECT id, $2, $3, $4, $5, now() - make_interval(secs => $6) FROM accounts WHERE id = ANY($1::bigint[])";
constexpr const char* kPruneHeard =
    "DELETE FROM account_plays USING (SELECT id, row_number() OVER (PARTITION BY account_id ORDER BY id DESC) AS place FROM account_plays "
    "WHERE account_id = ANY($1::bigint[])) AS placed WHERE account_plays.id = placed.id AND place > $2";

std::string array_of(const std::vector<std::int64_t>& ids) {
    std::string text = "{";
    for (const std::int64_t id : ids) text.append(text.size() == 1 ? "" : ",").append(std::to_string(id));
    return text.append("}");
}

// Counts one more row in `unpruned`, which begins anew when this is true.
bool is_time_to_prune(unsigned& unpruned) {
    if (unpruned++ < kWrittenUnpruned) return false;
    unpruned = 0;
    return true;
}

}  // namespace

void JournalWriter::write(pqxx::work& transaction, const JournalEntry& entry, JournalTime now) {
    const double age = std::chrono::duration<double>(now - entry.at).count();
    std::visit([&](const auto& what) { write(transaction, what, entry, age); }, entry.what);
}

void JournalWriter::write(pqxx::work& transaction, const RoomChange& change, const JournalEntry& /*entry*/, double age) {
    run(transaction, kUpdateRoom, change.room_id, change.epoch, change.status, change.link, change.position_samples, change.settings_json,
        change.queue_json, age, change.used, change.kept_by, change.empty);
}

void JournalWriter::write(pqxx::work& transaction, const Removal& /*removal*/, const JournalEntry& entry, double /*age*/) {
    hold(transaction, Row::room, entry.room_id);
    run(transaction, "DELETE FROM rooms WHERE id = $1", entry.room_id);
    unpruned_.erase(entry.room_id);
}

void JournalWriter::write(pqxx::work& transaction, const RoomEvent& event, const JournalEntry& entry, double age) {
    run(transaction, kInsertEvent, event.room_id, event.member_id, event.op, event.arguments_json, event.result, event.epoch, age);
    if (is_time_to_prune(unpruned_[entry.room_id].events)) run(transaction, kPruneEvents, event.room_id, kEventsKept);
}

void JournalWriter::write(pqxx::work& transaction, const Play& play, const JournalEntry& entry, double age) {
    run(transaction, kInsertPlay, play.room_id, play.member_id, play.link, play.title, play.artist, play.duration_ms, age);
    if (is_time_to_prune(unpruned_[entry.room_id].plays)) run(transaction, kPrunePlays, play.room_id, kPlaysKept);
}

void JournalWriter::write(pqxx::work& transaction, const ChatLine& line, const JournalEntry& entry, double /*age*/) {
    run(transaction, kInsertChat, entry.room_id, line.member_id, line.label, line.line, line.said_at_ms);
    run(transaction, kPruneChat, entry.room_id, kChatKept);
}

void JournalWriter::write(pqxx::work& transaction, const Departure& departure, const JournalEntry& /*entry*/, double age) {
    run(transaction, kDepart, departure.member_id, age);
}

void JournalWriter::write(pqxx::work& transaction, const Heard& heard, const JournalEntry& /*entry*/, double age) {
    const std::string accounts = array_of(heard.accounts);
    run(transaction, kInsertHeard, accounts, heard.track.link, heard.track.title, heard.track.artist, heard.track.duration_ms, age);
    run(transaction, kPruneHeard, accounts, kKept);
}

void JournalWriter::write(pqxx::work& transaction, const UnwantedAccount& account, const JournalEntry& /*entry*/, double /*age*/) {
    hold(transaction, Row::account, account.account_id);
    run(transaction, "DELETE FROM accounts WHERE id = $1", account.account_id);
}

}  // namespace musicspace::db
