#pragma once
// The journal: states and happenings of rooms that are not in Postgres yet. Pure: no SQL, no thread, time is an argument. Owned by the
// JournalLane, which takes entries from here, writes them, and then settles them or puts them back.
//
// Invariants
// - At most one state of each room waits, the newest: a newer one is merged into it. States are never dropped.
// - Each room's happenings leave in the order in which they came, and rooms take turns.
// - Happenings are bounded in count and bytes, for each room and in total. A room beyond its own bound loses its oldest happening; beyond
//   the total, the room with the most bytes does. So no room can push out the happenings of a smaller one.
// - Removing a room drops all that waits of it, except entries that belong to accounts.

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

/// A member has left.
struct Departure {
    std::int64_t member_id = 0;
};
/// Accounts have heard a track.
struct Heard {
    std::vector<std::int64_t> accounts;
    KeptTrack track;
};
/// An account that was created after its request had failed, and is to be deleted again.
struct UnwantedAccount {
    std::int64_t account_id = 0;
};
/// The entry's room is to be deleted.
struct Removal {};

using Happening = std::variant<RoomChange, Removal, RoomEvent, Play, ChatLine, Departure, Heard, UnwantedAccount>;

struct JournalEntry {
    std::int64_t room_id = 0;  ///< 0: the entry belongs to no room
    Happening what;
    JournalTime at;         ///< when it happened
    std::size_t bytes = 0;  ///< in memory, roughly
};

struct JournalLimits {
    std::size_t room_bytes = std::size_t{4} << 20U;
    std::size_t room_entries = 10'000;  ///< enough for 10,000 members who leave at once
    std::size_t bytes = std::size_t{64} << 20U;
    std::size_t entries = 100'000;
    // Each room may write so many events at once, and so many more each second. Refused commands have limits of their own.
    double events_at_once = 500;
    double events_per_second = 50;
    double refusals_at_once = 50;
    double refusals_per_second = 5;
};

class Journal {
public:
    explicit Journal(const JournalLimits& limits = {}) : limits_(limits) {}

    /// Adds a room's state, or merges it into the one that waits.
    void change(RoomChange change, JournalTime now);
    /// Adds a happening: anything but RoomChange and Removal. A RoomEvent beyond its room's limits is only counted, in skipped().
    void add(std::int64_t room_id, Happening what, JournalTime now);
    /// The room is to be deleted, and its states and happenings from now on are ignored until that is settled.
    void remove(std::int64_t room_id, JournalTime now);

    enum class Kind { states, happenings };  ///< states: RoomChange and Removal
    /// Takes at most `most` entries of one kind that are due. Those of one room stand together, in their order. Each entry has to come
    /// back, by settle() or put_back().
    [[nodiscard]] std::vector<JournalEntry> take(Kind kind, std::size_t most, JournalTime now);
    /// An entry that was taken has been written, or given up.
    void settle(const JournalEntry& written);
    enum class Why { away, failed };
    /// Puts entries, in the order in which they were taken, back in front of their rooms' others. With Why::failed, which may pass, their
    /// rooms wait for half a second, and twice as long after each further failure, up to 8 s.
    void put_back(std::vector<JournalEntry> entries, Why why, JournalTime now);
    /// The earliest time at which an entry is to be written; nothing when none waits.
    [[nodiscard]] std::optional<JournalTime> due() const;

    struct Waiting {
        std::size_t entries = 0;
        std::size_t rooms = 0;
    };
    /// Entries that were taken count until they are settled. Looks at all rooms.
    [[nodiscard]] Waiting waiting() const;
    [[nodiscard]] std::size_t entries() const { return entries_ + states_ + taken_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }  ///< of happenings
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    [[nodiscard]] std::uint64_t skipped() const { return skipped_; }  ///< events beyond their rooms' limits

private:
    struct Turn {
        bool queued = false;
        JournalTime due;
        unsigned failures = 0;  ///< in a row
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
    std::unordered_map<std::int64_t, Budgets> budgets_;        ///< of rooms that have not been removed
    std::deque<std::int64_t> state_turns_;                     ///< rooms whose states wait
    std::deque<std::int64_t> turns_;                           ///< rooms whose happenings wait
    std::set<std::pair<std::size_t, std::int64_t>> by_bytes_;  ///< rooms whose happenings wait, by the bytes of these
    std::size_t bytes_ = 0;
    std::size_t entries_ = 0;  ///< happenings that wait
    std::size_t states_ = 0;   ///< states that wait
    std::size_t taken_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t skipped_ = 0;
};

}  // namespace musicspace::db
