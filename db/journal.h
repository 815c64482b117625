#pragma once
// What rooms have done and Postgres does not have yet. Pure: no SQL, no thread, time is an argument. Owned by the JournalLane, which
// writes what it takes from here and then settles it or puts it back.
//
// Invariants
// - Of each room's state only the newest counts: what is newer is merged into what waits. It is never dropped.
// - Each room's happenings leave in the order in which they came, and rooms take turns.
// - Happenings are bounded in count and bytes, by room and in all. Beyond that the oldest of the room goes, and in all the oldest of
//   the room with the most bytes: no room can push out another's that has less.
// - What is removed takes with it all that waits of its room, except what accounts keep.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "db/store.h"

namespace musicspace::db {

using JournalTime = std::chrono::steady_clock::time_point;

struct Departure {
    std::int64_t member_id = 0;
};
struct Heard {
    std::vector<std::int64_t> accounts;
    KeptTrack track;
};
/// An account that was made too late for its answer.
struct UnwantedAccount {
    std::int64_t account_id = 0;
};
struct Removal {};

using Happening = std::variant<RoomChange, Removal, RoomEvent, Play, ChatLine, Departure, Heard, UnwantedAccount>;

struct JournalEntry {
    std::int64_t room_id = 0;  ///< 0: of none
    Happening what;
    JournalTime at;         ///< when it happened
    std::size_t bytes = 0;  ///< in memory, roughly
};

struct JournalLimits {
    std::size_t room_bytes = std::size_t{4} << 20U;
    std::size_t room_entries = 10'000;  ///< as many may leave a large room at once
    std::size_t bytes = std::size_t{64} << 20U;
    std::size_t entries = 100'000;
    // Events that one room may write: so many at once, and so many more each second.
    double events_at_once = 500;
    double events_per_second = 50;
    double refusals_at_once = 50;
    double refusals_per_second = 5;
};

class Journal {
public:
    explicit Journal(const JournalLimits& limits = {}) : limits_(limits) {}

    void change(RoomChange change, JournalTime now);
    /// A RoomEvent beyond what its room may write is only counted.
    void add(std::int64_t room_id, Happening what, JournalTime now);
    void remove(std::int64_t room_id, JournalTime now);

    enum class Kind { states, happenings };  ///< states: RoomChange and Removal
    /// At most so many of what is due, each room's together and in order. All of it has to come back, by settle() or put_back().
    [[nodiscard]] std::vector<JournalEntry> take(Kind kind, std::size_t most, JournalTime now);
    void settle(const JournalEntry& written);
    enum class Why { away, failed };
    /// In the order in which they were taken. With `failed` (that may pass), their rooms wait a while: longer each time.
    void put_back(std::vector<JournalEntry> entries, Why why, JournalTime now);
    /// When something is to be written; nothing when nothing waits.
    [[nodiscard]] std::optional<JournalTime> due() const;

    struct Waiting {
        std::size_t entries = 0;
        std::size_t rooms = 0;
    };
    /// What has been taken counts until it is settled. Looks at all rooms.
    [[nodiscard]] Waiting waiting() const;
    [[nodiscard]] std::size_t entries() const { return entries_ + states_ + taken_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }  ///< of happenings
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    [[nodiscard]] std::uint64_t skipped() const { return skipped_; }  ///< events beyond what their rooms may write

private:
    struct Turn {
        bool queued = false;
        JournalTime due;
        unsigned failures = 0;  ///< one after the other
    };
    struct Room {
        std::optional<JournalEntry> state;  ///< RoomChange or Removal
        std::deque<JournalEntry> happenings;
        std::size_t bytes = 0;  ///< of happenings
        bool removed = false;
        std::size_t taken = 0;
        Turn state_turn;
        Turn turn;
    };
    struct Budget {
        double left = 0;
        JournalTime at;
    };
    struct Budgets {
        Budget events;
        Budget refusals;
    };
    using Rooms = std::unordered_map<std::int64_t, Room>;

    [[nodiscard]] bool may_write(const RoomEvent& event, JournalTime now);
    void take_of(Rooms::iterator room, Kind kind, std::size_t most, std::vector<JournalEntry>& taken);
    void set_state(Rooms::iterator room, JournalEntry state);
    void append(Rooms::iterator room, JournalEntry entry, bool in_front);
    void drop_oldest(Rooms::iterator room);
    void keep_limits(Rooms::iterator room);
    void set_bytes(Rooms::iterator room, std::size_t bytes);
    void queue(Rooms::iterator room);
    void forget_if_idle(Rooms::iterator room);

    const JournalLimits limits_;
    Rooms rooms_;
    std::unordered_map<std::int64_t, Budgets> budgets_;  ///< of rooms that live
    std::deque<std::int64_t> state_turns_;               ///< rooms whose states wait
    std::deque<std::int64_t> turns_;                     ///< rooms whose happenings wait
    std::set<std::pair<std::size_t, std::int64_t>> by_bytes_;
    std::size_t bytes_ = 0;
    std::size_t entries_ = 0;  ///< happenings that wait
    std::size_t states_ = 0;   ///< states that wait
    std::size_t taken_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t skipped_ = 0;
};

}  // namespace musicspace::db
