#pragma once
// Typed queries on Postgres. Made and used on the I/O thread; queries run on two threads of the Store's own, each with its own
// connection, and answer through `post` on the I/O thread.
// Two lanes: questions (someone waits for the answer: they fail after some seconds) and the journal (what happened: strictly
// ordered, kept and tried again while Postgres is away, up to `journal_limit`; beyond that the oldest is dropped and counted).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace musicspace::db {

using Post = std::function<void(std::function<void()>)>;

enum class StoreError { unavailable, code_taken, no_such_room };

template <typename T>
using Answer = std::function<void(std::variant<T, StoreError>)>;

struct ChatLine {
    std::int64_t member_id = 0;
    std::string label;
    std::string line;
    std::int64_t said_at_ms = 0;  ///< since 1970
};

struct RoomRow {
    std::int64_t id = 0;
    std::string code;
    std::uint32_t epoch = 0;
    std::string status{};
    std::int64_t position_samples = 0;
    double position_age_seconds = 0;  ///< since the position was written
    std::string settings_json{};      ///< empty when there is none
    std::string queue_json{};
    std::vector<ChatLine> chat{};  ///< the last ones, oldest first
};

struct CreatedRoom {
    std::int64_t room_id = 0;
    std::int64_t member_id = 0;
};

struct RoomChange {
    std::int64_t room_id = 0;
    std::uint32_t epoch = 0;
    std::string status;
    std::string link;  ///< empty when nothing plays
    std::int64_t position_samples = 0;
    std::optional<std::string> settings_json{};  ///< where they have changed
    std::optional<std::string> queue_json{};
};

struct RoomEvent {
    std::int64_t room_id = 0;
    std::optional<std::int64_t> member_id;
    std::string op;
    std::string arguments_json;
    std::string result;
    std::uint32_t epoch = 0;
};

struct Play {
    std::int64_t room_id = 0;
    std::int64_t member_id = 0;
    std::string link;
    std::string title;
    std::string artist;
    std::optional<std::int64_t> duration_ms;
};

/// A Play as it is remembered.
struct PastPlay {
    std::string link;
    std::string title;
    std::string artist;
    std::optional<std::int64_t> duration_ms;
    std::string member;  ///< the name of who asked for it
    std::int64_t started_at_ms = 0;
};

inline constexpr std::size_t kChatKept = 100;  ///< lines of each room

struct StoreOptions {
    std::string url;
    std::size_t journal_limit = 20'000;
    std::size_t question_limit = 500;
};

class Store {
public:
    Store(const StoreOptions& options, Post post);
    /// Writes out the journal for up to two seconds.
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    void create_room(const std::string& code, const std::string& member_name, Answer<CreatedRoom> answer);
    void add_member(std::int64_t room_id, const std::string& name, Answer<std::int64_t> answer);
    void load_rooms(Answer<std::vector<RoomRow>> answer);

    /// What was played in a room, the newest first.
    void load_plays(std::int64_t room_id, std::size_t most, Answer<std::vector<PastPlay>> answer);

    void record_change(RoomChange change);
    void record_event(RoomEvent event);
    void record_play(Play play);
    void record_chat(std::int64_t room_id, ChatLine line);
    void record_departure(std::int64_t member_id);
    void remove_room(std::int64_t room_id);

    [[nodiscard]] bool healthy() const;
    [[nodiscard]] std::uint64_t dropped() const;

private:
    class Lane;
    std::unique_ptr<Lane> questions_;
    std::unique_ptr<Lane> journal_;
    const Post post_;
};

}  // namespace musicspace::db
