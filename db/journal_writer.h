#pragma once
// Writes journal entries as SQL. Used by the JournalLane only, on its thread.

#include <unordered_map>

#include "db/journal.h"
#include "db/sql.h"

namespace musicspace::db {

inline constexpr std::size_t kEventsKept = 5'000;  ///< the newest of each room; up to kWrittenUnpruned more stay for a while
inline constexpr std::size_t kPlaysKept = 1'000;   ///< likewise
inline constexpr unsigned kWrittenUnpruned = 100;

class JournalWriter {
public:
    /// Writes `entry` in `transaction`, with the time at which it happened. Throws what libpqxx throws.
    void write(pqxx::work& transaction, const JournalEntry& entry, JournalTime now);

private:
    /// Rows written since the last pruning.
    struct Unpruned {
        unsigned events = kWrittenUnpruned;  // the first row prunes: an earlier run may have left more
        unsigned plays = kWrittenUnpruned;
    };
    void write(pqxx::work& transaction, const RoomChange& change, const JournalEntry& entry, double age);
    void write(pqxx::work& transaction, const Removal& removal, const JournalEntry& entry, double age);
    void write(pqxx::work& transaction, const RoomEvent& event, const JournalEntry& entry, double age);
    void write(pqxx::work& transaction, const Play& play, const JournalEntry& entry, double age);
    void write(pqxx::work& transaction, const ChatLine& line, const JournalEntry& entry, double age);
    void write(pqxx::work& transaction, const Departure& departure, const JournalEntry& entry, double age);
    void write(pqxx::work& transaction, const Heard& heard, const JournalEntry& entry, double age);
    void write(pqxx::work& transaction, const UnwantedAccount& account, const JournalEntry& entry, double age);

    std::unordered_map<std::int64_t, Unpruned> unpruned_;  ///< by room
};

}  // namespace musicspace::db
