#pragma once
// The thread that writes the Journal to Postgres, over one connection of its own. Owned by the Store. Everything but the constructor and
// destructor may be called on any thread.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "db/connection.h"
#include "db/journal.h"
#include "db/journal_writer.h"

namespace musicspace::db {

class JournalLane {
public:
    explicit JournalLane(const std::string& url);
    ~JournalLane();
    JournalLane(const JournalLane&) = delete;
    JournalLane& operator=(const JournalLane&) = delete;

    void change(RoomChange change);
    void add(std::int64_t room_id, Happening what);
    void remove(std::int64_t room_id);
    /// Calls `then`, on this lane's thread, once no entry waits that could be written now: a question asked after that finds what was
    /// recorded before. When the lane has ended, or 1,000 callers wait, it calls `then` at once, on the caller's thread.
    void when_written(std::function<void()> then);
    /// Goes on writing for up to two seconds, logs how much stays unwritten, and ends the thread.
    void end();

    [[nodiscard]] JournalCounts counts() const;

private:
    using Entries = std::vector<JournalEntry>;
    /// A transaction whose connection was lost during the commit.
    struct Doubtful {
        std::string transaction;  ///< its number in Postgres
        Entries entries;
    };

    void run();
    bool await_work();
    bool write_due(Journal::Kind kind);
    bool write(Entries entries);
    bool write_apart(Entries entries);
    bool write_one_by_one(Entries entries, unsigned& failures);
    void tell_readers(std::unique_lock<std::mutex>& lock);
    std::optional<Fault> write_parts(const JournalEntry& entry);
    std::optional<Fault> attempt(std::span<const JournalEntry> entries);
    std::optional<Fault> try_once(std::span<const JournalEntry> entries);
    bool resolve_doubt();
    bool go_on(bool there, std::size_t before);
    void give_up();
    void put_back(Entries entries, Journal::Why why);
    void settle(std::span<const JournalEntry> entries);
    void log_failure(const char* consequence);
    void log_losses();

    // Used on the lane's thread only.
    Connection connection_;
    JournalWriter writer_;
    std::optional<Doubtful> doubtful_;
    std::string transaction_;  ///< number of the last attempt's transaction
    std::string error_;        ///< message of the last attempt that failed
    bool away_ = false;
    JournalTime failure_logged_at_;
    std::uint64_t failures_ = 0;  ///< since the last one that was logged
    JournalTime losses_logged_at_;
    std::uint64_t losses_logged_ = 0;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Journal journal_;
    std::vector<std::function<void()>> readers_;  ///< callbacks of when_written() that wait
    std::uint64_t refused_ = 0;                   ///< entries, or parts of them, that were given up
    bool stopping_ = false;
    bool ended_ = false;  ///< the thread will do nothing more
    std::thread thread_;
};

}  // namespace musicspace::db
