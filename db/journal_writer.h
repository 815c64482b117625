#pragma once
// Journal entries as SQL. Used by the JournalLane only, on its thread.

#include <unordered_map>

#include "db/journal.h"
#include "db/sql.h"

namespace musicspace::db {

inline constexpr std::size_t kEventsKept = 5'000;  ///< the newest of each room, and up to kWrittenUnpruned more
inline constexpr std::size_t kPlaysKept = 1'000;   ///< the same
inline constexpr unsigned kWrittenUnpruned = 100;

class JournalWriter {
public:
    void write(pqxx::work& transaction, const JournalEntry& entry, JournalTime now);

private:
    struct Unpruned {
        unsigned events = kWrittenUnpruned;  // an earlier run may have left more
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

    std::unordered_map<std::int64_t, Unpruned> unpruned_;  ///< since rows of a room were pruned
};

}  // namespace musicspace::db
