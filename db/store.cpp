#include "db/store.h"

#include <unordered_map>

#include "db/ask.h"

namespace musicspace::db {

namespace {

// The journal is tried again after a lost connection, and may then find its room gone: that is no error.
constexpr const char* kInsertEvent =
    "INSERT INTO room_events (room_id, member_id, op, arguments, result, epoch) VALUES ($1, $2, $3, $4, $5, $6)";
constexpr const char* kInsertPlay =
    "INSERT INTO plays (room_id, member_id, link, title, artist, duration_ms) VALUES ($1, $2, $3, $4, $5, $6)";
constexpr const char* kUpdateRoom =
    "UPDATE rooms SET epoch = $2, status = $3, link = nullif($4, ''), position_samples = $5, updated_at = now(), "
    "settings = coalesce($6::json, settings), queue = coalesce($7::json, queue), used = $8, "
    "kept_by = (SELECT id FROM accounts WHERE id = $9), emptied_at = CASE WHEN $10 THEN now() END WHERE id = $1";
constexpr const char* kSelectRooms =
    "SELECT id, code, epoch, status, position_samples, extract(epoch FROM now() - updated_at), coalesce(settings::text, ''), "
    "coalesce(queue::text, '') FROM rooms";
constexpr const char* kSelectChat =
    "SELECT room_id, coalesce(member_id, 0), label, line, (extract(epoch FROM said_at) * 1000)::bigint FROM chat_lines ORDER BY id";
constexpr const char* kInsertChat =
    "INSERT INTO chat_lines (room_id, member_id, label, line, said_at) VALUES ($1, $2, $3, $4, to_timestamp($5 / 1000.0))";
constexpr const char* kForgetChat =
    "DELETE FROM chat_lines WHERE room_id = $1 AND id <= (SELECT id FROM chat_lines WHERE room_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)";
constexpr const char* kSelectPlays =
    "SELECT link, title, artist, duration_ms, coalesce(members.name, ''), (extract(epoch FROM started_at) * 1000)::bigint "
    "FROM plays LEFT JOIN members ON members.id = plays.member_id WHERE plays.room_id = $1 ORDER BY plays.id DESC LIMIT $2";

}  // namespace

Store::Store(const StoreOptions& options, Post post)
    : questions_(std::make_unique<Lane>(options.url, Lane::WhenAway::fail, options.question_limit)),
      journal_(std::make_unique<Lane>(options.url, Lane::WhenAway::keep_trying, options.journal_limit)),
      post_(std::move(post)) {}

Store::~Store() = default;

void Store::create_room(const std::string& code, const std::string& member_name, Answer<CreatedRoom> answer) {
    ask<CreatedRoom>(
        *questions_, post_,
        [code, member_name](pqxx::work& transaction) {
            CreatedRoom created;
            created.room_id = one_row(transaction, "INSERT INTO rooms (code) VALUES ($1) RETURNING id", code)[0].as<std::int64_t>();
            created.member_id =
                one_row(transaction, "INSERT INTO members (room_id, name) VALUES ($1, $2) RETURNING id", created.room_id, member_name)[0]
                    .as<std::int64_t>();
            return created;
        },
        std::move(answer));
}

void Store::add_member(std::int64_t room_id, const std::string& name, Answer<std::int64_t> answer) {
    ask<std::int64_t>(
        *questions_, post_,
        [room_id, name](pqxx::work& transaction) {
            return one_row(transaction, "INSERT INTO members (room_id, name) VALUES ($1, $2) RETURNING id", room_id, name)[0]
                .as<std::int64_t>();
        },
        std::move(answer));
}

void Store::load_rooms(Answer<std::vector<RoomRow>> answer) {
    ask<std::vector<RoomRow>>(
        *questions_, post_,
        [](pqxx::work& transaction) {
            std::vector<RoomRow> rooms;
            std::unordered_map<std::int64_t, std::size_t> places;
            for (const auto& row : run(transaction, kSelectRooms)) {
                places.emplace(row[0].as<std::int64_t>(), rooms.size());
                rooms.push_back({row[0].as<std::int64_t>(),
                                 row[1].as<std::string>(),
                                 row[2].as<std::uint32_t>(),
                                 row[3].as<std::string>(),
                                 row[4].as<std::int64_t>(),
                                 row[5].as<double>(),
                                 row[6].as<std::string>(),
                                 row[7].as<std::string>(),
                                 {}});
            }
            for (const auto& row : run(transaction, kSelectChat)) {
                const auto place = places.find(row[0].as<std::int64_t>());
                if (place == places.end()) continue;
                rooms[place->second].chat.push_back(
                    {row[1].as<std::int64_t>(), row[2].as<std::string>(), row[3].as<std::string>(), row[4].as<std::int64_t>()});
            }
            return rooms;
        },
        std::move(answer));
}

void Store::load_plays(std::int64_t room_id, std::size_t most, Answer<std::vector<PastPlay>> answer) {
    ask<std::vector<PastPlay>>(
        *questions_, post_,
        [room_id, most](pqxx::work& transaction) {
            std::vector<PastPlay> plays;
            for (const auto& row : run(transaction, kSelectPlays, room_id, most)) {
                plays.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(), number_or_nothing(row[3]),
                                 row[4].as<std::string>(), row[5].as<std::int64_t>()});
            }
            return plays;
        },
        std::move(answer));
}

void Store::record_chat(std::int64_t room_id, ChatLine line) {
    journal_->add([room_id, line = std::move(line)](pqxx::work& transaction) {
        run(transaction, kInsertChat, room_id, line.member_id, line.label, line.line, line.said_at_ms);
        run(transaction, kForgetChat, room_id, kChatKept);
    });
}

void Store::record_change(RoomChange change) {
    journal_->add([change = std::move(change)](pqxx::work& transaction) {
        run(transaction, kUpdateRoom, change.room_id, change.epoch, change.status, change.link, change.position_samples,
            change.settings_json, change.queue_json, change.used, change.kept_by, change.empty);
    });
}

void Store::record_event(RoomEvent event) {
    journal_->add([event = std::move(event)](pqxx::work& transaction) {
        run(transaction, kInsertEvent, event.room_id, event.member_id, event.op, event.arguments_json, event.result, event.epoch);
    });
}

void Store::record_play(Play play) {
    journal_->add([play = std::move(play)](pqxx::work& transaction) {
        run(transaction, kInsertPlay, play.room_id, play.member_id, play.link, play.title, play.artist, play.duration_ms);
    });
}

void Store::record_departure(std::int64_t member_id) {
    journal_->add(
        [member_id](pqxx::work& transaction) { run(transaction, "UPDATE members SET left_at = now() WHERE id = $1", member_id); });
}

void Store::remove_room(std::int64_t room_id) {
    journal_->add([room_id](pqxx::work& transaction) { run(transaction, "DELETE FROM rooms WHERE id = $1", room_id); });
}

bool Store::healthy() const { return questions_->healthy() && journal_->healthy(); }
std::uint64_t Store::dropped() const { return questions_->dropped() + journal_->dropped(); }

}  // namespace musicspace::db
