#include "db/store.h"

#include <spdlog/spdlog.h>

#include <unordered_map>
#include <utility>

#include "db/ask.h"
#include "db/journal_lane.h"

namespace musicspace::db {

namespace {

constexpr auto kCheckPatience = std::chrono::seconds(1);
constexpr auto kCheckKept = std::chrono::milliseconds(500);

constexpr const char* kSelectRooms =
    "SELECT rooms.id, code, epoch, status, position_samples, extract(epoch FROM now() - updated_at), coalesce(settings::text, ''), "
    "coalesce(queue::text, ''), coalesce(first_member, 0), coalesce(last_member, 0) FROM rooms "
    "LEFT JOIN (SELECT room_id, min(id) AS first_member, max(id) AS last_member FROM members GROUP BY room_id) AS known ON room_id = "
    "rooms.id";
constexpr const char* kSelectChat =
    "SELECT room_id, coalesce(member_id, 0), label, line, (extract(epoch FROM said_at) * 1000)::bigint FROM chat_lines ORDER BY id";
constexpr const char* kSelectPlays =
    "SELECT link, title, artist, duration_ms, coalesce(members.name, ''), (extract(epoch FROM started_at) * 1000)::bigint "
    "FROM plays LEFT JOIN members ON members.id = plays.member_id WHERE plays.room_id = $1 ORDER BY plays.id DESC LIMIT $2";

RoomRow room_of(const pqxx::row& row) {
    return {row[0].as<std::int64_t>(), row[1].as<std::string>(),  row[2].as<std::uint32_t>(),
            row[3].as<std::string>(),  row[4].as<std::int64_t>(), row[5].as<double>(),
            row[6].as<std::string>(),  row[7].as<std::string>(),  {},
            row[8].as<std::int64_t>(), row[9].as<std::int64_t>()};
}

std::vector<RoomRow> read_rooms(pqxx::work& transaction) {
    run(transaction, kStartingTimeout);
    std::vector<RoomRow> rooms;
    std::unordered_map<std::int64_t, std::size_t> places;
    for (const auto& row : run(transaction, kSelectRooms)) {
        try {
            rooms.push_back(room_of(row));
            places.emplace(rooms.back().id, rooms.size() - 1);
        } catch (const std::exception& error) {
            spdlog::error("room {} cannot be read, and stays closed: {}", row[1].c_str(), error.what());
        }
    }
    for (const auto& row : run(transaction, kSelectChat)) {
        const auto place = places.find(row[0].as<std::int64_t>());
        if (place == places.end()) continue;
        rooms[place->second].chat.push_back(
            {row[1].as<std::int64_t>(), row[2].as<std::string>(), row[3].as<std::string>(), row[4].as<std::int64_t>()});
    }
    return rooms;
}

}  // namespace

Store::Store(const StoreOptions& options, Post post)
    : journal_(std::make_unique<JournalLane>(options.url)),
      questions_(std::make_unique<QuestionLane>(options.url, options.question_limit)),
      post_(std::move(post)) {}

Store::~Store() { end(); }

void Store::end() {
    questions_->stop();
    journal_->end();
    questions_->end();
}

void Store::check(std::function<void(bool)> answer) {
    const auto now = std::chrono::steady_clock::now();
    if (checked_at_ && now < *checked_at_ + kCheckKept) {
        answer(answers_);
        return;
    }
    checks_.push_back(std::move(answer));
    if (checks_.size() > 1) return;
    const auto tell = [this](const std::variant<bool, StoreError>& result) {
        answers_ = std::holds_alternative<bool>(result);
        checked_at_ = std::chrono::steady_clock::now();
        for (const auto& each : std::exchange(checks_, {})) each(answers_);
    };
    Question question = question_of<bool>(post_, [](pqxx::work& transaction) { return !run(transaction, "SELECT 1").empty(); }, tell);
    question.patience = kCheckPatience;
    questions_->add(std::move(question));
}

void Store::load_rooms(Answer<std::vector<RoomRow>> answer) {
    Question question = question_of<std::vector<RoomRow>>(post_, &read_rooms, std::move(answer));
    question.patience = kStartingPatience;
    question.persistent = true;
    questions_->add(std::move(question));
}

void Store::load_plays(std::int64_t room_id, std::size_t most, Answer<std::vector<PastPlay>> answer) {
    const auto work = [room_id, most](pqxx::work& transaction) {
        std::vector<PastPlay> plays;
        for (const auto& row : run(transaction, kSelectPlays, room_id, most)) {
            plays.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(), number_or_nothing(row[3]),
                             row[4].as<std::string>(), row[5].as<std::int64_t>()});
        }
        return plays;
    };
    journal_->when_written(questions_->add_held(question_of<std::vector<PastPlay>>(post_, work, std::move(answer))));
}

void Store::record_change(RoomChange change) { journal_->change(std::move(change)); }

void Store::record_event(RoomEvent event) {
    const std::int64_t room_id = event.room_id;
    journal_->add(room_id, std::move(event));
}

void Store::record_play(Play play) {
    const std::int64_t room_id = play.room_id;
    journal_->add(room_id, std::move(play));
}

void Store::record_chat(std::int64_t room_id, ChatLine line) { journal_->add(room_id, std::move(line)); }

void Store::record_departure(std::int64_t room_id, std::int64_t member_id) { journal_->add(room_id, Departure{member_id}); }

void Store::remove_room(std::int64_t room_id) { journal_->remove(room_id); }

JournalCounts Store::journal() const { return journal_->counts(); }

}  // namespace musicspace::db
