#include "db/journal_lane.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace musicspace::db {

namespace {

using Clock = std::chrono::steady_clock;

// The limit for locks is short: while the row of one room is locked, the entries of all other rooms wait behind it.
constexpr SessionLimits kLimits{.statement = std::chrono::seconds(5), .lock = std::chrono::seconds(1)};
constexpr auto kRetryDelay = std::chrono::milliseconds(500);
constexpr auto kLastWrites = std::chrono::seconds(2);
constexpr std::size_t kMostReaders = 1'000;
constexpr auto kLogPause = std::chrono::seconds(5);
constexpr std::size_t kMostTogether = 100;
constexpr unsigned kMostFailures = 3;  // when so many rooms of a batch fail, the cause is not in the rooms

// The parts of a room's change, each as a change of its own: one that Postgres cannot take does not cost the others. Empty when `entry`
// has no parts.
std::vector<JournalEntry> parts_of(const JournalEntry& entry) {
    const auto* change = std::get_if<RoomChange>(&entry.what);
    if (change == nullptr || (!change->settings_json && !change->queue_json)) return {};
    const auto part = [&](std::optional<std::string> settings, std::optional<std::string> queue) {
        RoomChange it = *change;
        it.settings_json = std::move(settings);
        it.queue_json = std::move(queue);
        return JournalEntry{entry.room_id, std::move(it), entry.at, entry.bytes};
    };
    std::vector<JournalEntry> parts{part({}, {})};
    if (change->settings_json) parts.push_back(part(change->settings_json, {}));
    if (change->queue_json) parts.push_back(part({}, change->queue_json));
    return parts;
}

}  // namespace

JournalLane::JournalLane(const std::string& url) : connection_(url, kLimits), thread_([this] { run(); }) {}

JournalLane::~JournalLane() { end(); }

void JournalLane::change(RoomChange change) {
    {
        const std::lock_guard lock(mutex_);
        journal_.change(std::move(change), Clock::now());
    }
    changed_.notify_all();
}

void JournalLane::when_written(std::function<void()> then) {
    {
        const std::lock_guard lock(mutex_);
        if (!ended_ && readers_.size() < kMostReaders) {
            readers_.push_back(std::exchange(then, {}));
            changed_.notify_all();
        }
    }
    if (then) then();
}

void JournalLane::tell_readers(std::unique_lock<std::mutex>& lock) {
    const auto readers = std::exchange(readers_, {});
    lock.unlock();
    for (const auto& then : readers) then();
    lock.lock();
}

void JournalLane::add(std::int64_t room_id, Happening what) {
    {
        const std::lock_guard lock(mutex_);
        journal_.add(room_id, std::move(what), Clock::now());
    }
    changed_.notify_all();
}

void JournalLane::remove(std::int64_t room_id) {
    {
        const std::lock_guard lock(mutex_);
        journal_.remove(room_id, Clock::now());
    }
    changed_.notify_all();
}

JournalCounts JournalLane::counts() const {
    const std::lock_guard lock(mutex_);
    return {journal_.entries(), journal_.dropped(), refused_, journal_.skipped()};
}

void JournalLane::end() {
    if (!thread_.joinable()) return;
    {
        std::unique_lock lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
        changed_.wait_for(lock, kLastWrites, [this] { return ended_; });
        const auto waiting = journal_.waiting();
        if (waiting.entries > 0) {
            spdlog::warn("{} changes of {} rooms were not written to the database: it is away, or too slow", waiting.entries,
                         waiting.rooms);
        }
    }
    connection_.end();
    thread_.join();
}

void JournalLane::run() {
    while (await_work()) {
        const std::size_t before = counts().waiting;
        const bool there = resolve_doubt() && write_due(Journal::Kind::states) && write_due(Journal::Kind::happenings);
        log_losses();
        if (!go_on(there, before)) break;
    }
    {
        std::unique_lock lock(mutex_);
        tell_readers(lock);
        ended_ = true;
    }
    changed_.notify_all();
}

// Waits until an entry is due. Returns false when the lane stops and nothing is left to write.
bool JournalLane::await_work() {
    std::unique_lock lock(mutex_);
    while (!stopping_ && !doubtful_) {
        const auto due = journal_.due();
        if (due && *due <= Clock::now()) break;
        if (!readers_.empty()) {
            tell_readers(lock);
            continue;
        }
        if (due) {
            changed_.wait_until(lock, *due);
        } else {
            changed_.wait(lock);
        }
    }
    return !stopping_ || journal_.entries() > 0;
}

// Waits before the next try when Postgres is away (`there` is false). Returns false when it is time to end. `before`: the number of
// entries that waited before the last try.
bool JournalLane::go_on(bool there, std::size_t before) {
    std::unique_lock lock(mutex_);
    const auto next_try = Clock::now() + kRetryDelay;
    // Readers do not wait for entries that cannot be written now.
    while (!there && changed_.wait_until(lock, next_try, [this] { return stopping_ || !readers_.empty(); }) && !stopping_)
        tell_readers(lock);
    return !stopping_ || (there && journal_.entries() < before);
}

// This and the other writing functions return false when Postgres is away.
bool JournalLane::write_due(Journal::Kind kind) {
    try {
        Entries entries;
        {
            const std::lock_guard lock(mutex_);
            entries = journal_.take(kind, kMostTogether, stopping_ ? JournalTime::max() : Clock::now());
        }
        return write(std::move(entries));
    } catch (const std::exception& error) {
        // Memory has run out, most likely. The entries that were taken count as unwritten.
        spdlog::error("changes could not be written to the database: {}", error.what());
        return false;
    }
}

// Writes many entries in one transaction, since they share its one write to disk. When one of them fails, none is written, and each room's
// entries are tried apart.
bool JournalLane::write(Entries entries) {
    if (entries.empty()) return true;
    const auto fault = attempt(entries);
    if (!fault) {
        settle(entries);
        return true;
    }
    if (*fault == Fault::doubt) return false;
    if (*fault != Fault::away) return write_apart(std::move(entries));
    put_back(std::move(entries), Journal::Why::away);
    return false;
}

bool JournalLane::write_apart(Entries entries) {
    unsigned failures = 0;
    for (auto first = entries.begin(); first != entries.end();) {
        const auto last = std::find_if(first, entries.end(), [&](const JournalEntry& entry) { return entry.room_id != first->room_id; });
        Entries of_room(std::make_move_iterator(first), std::make_move_iterator(last));
        first = last;
        if (failures >= kMostFailures) {
            put_back(std::move(of_room), Journal::Why::failed);
        } else if (!write_one_by_one(std::move(of_room), failures)) {
            put_back(Entries(std::make_move_iterator(first), std::make_move_iterator(entries.end())), Journal::Why::away);
            return false;
        }
    }
    return true;
}

bool JournalLane::write_one_by_one(Entries entries, unsigned& failures) {
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
        auto fault = attempt({&*entry, 1});
        const bool hopeless = fault && *fault != Fault::away && *fault != Fault::doubt && *fault != Fault::passing;
        if (hopeless) fault = write_parts(*entry);
        if (!fault) {
            settle({&*entry, 1});
            continue;
        }
        // An entry in doubt waits in doubtful_: only those after it are put back.
        const auto rest = *fault == Fault::doubt ? std::next(entry) : entry;
        const bool passing = *fault == Fault::passing;
        put_back(Entries(std::make_move_iterator(rest), std::make_move_iterator(entries.end())),
                 passing ? Journal::Why::failed : Journal::Why::away);
        if (!passing) return false;
        log_failure("it is tried again later");
        ++failures;
        return true;
    }
    return true;
}

// Handles an entry that Postgres will never take: writes those of its parts that can be written, and gives up the others. Returns nothing
// when that is done, or the fault that hinders it.
std::optional<Fault> JournalLane::write_parts(const JournalEntry& entry) {
    const Entries parts = parts_of(entry);
    if (parts.empty()) give_up();
    for (const JournalEntry& part : parts) {
        const auto fault = attempt({&part, 1});
        if (!fault) continue;
        if (*fault == Fault::doubt) doubtful_.reset();  // writing the same part twice does no harm
        if (*fault == Fault::doubt || *fault == Fault::away) return Fault::away;
        if (*fault == Fault::passing) return fault;
        give_up();
    }
    return std::nullopt;
}

void JournalLane::give_up() {
    log_failure("it is given up");
    const std::lock_guard lock(mutex_);
    ++refused_;
}

// A connection that was idle may have been lost long ago: then the entries are tried once more, on a new one.
std::optional<Fault> JournalLane::attempt(std::span<const JournalEntry> entries) {
    const bool used = connection_.is_open();
    auto fault = try_once(entries);
    if (fault == Fault::away && used) fault = try_once(entries);
    if (fault == Fault::away && !std::exchange(away_, true)) spdlog::warn("Postgres is away: {}", error_);
    if (!fault && std::exchange(away_, false)) spdlog::info("Postgres is back");
    if (fault == Fault::doubt) doubtful_ = Doubtful{transaction_, {entries.begin(), entries.end()}};
    return fault;
}

std::optional<Fault> JournalLane::try_once(std::span<const JournalEntry> entries) {
    try {
        pqxx::work transaction(connection_.open());
        for (const JournalEntry& entry : entries) writer_.write(transaction, entry, Clock::now());
        transaction_ = one_row(transaction, "SELECT txid_current()")[0].as<std::string>();
        transaction.commit();
        return std::nullopt;
    } catch (const std::exception& error) {
        error_ = error.what();
        const Fault fault = fault_of(error, connection_.is_open());
        if (fault == Fault::away || fault == Fault::doubt) connection_.close();
        return fault;
    }
}

// Asks Postgres whether the doubtful transaction was committed. Returns false when that cannot be known yet.
bool JournalLane::resolve_doubt() {
    if (!doubtful_) return true;
    std::string status;
    try {
        pqxx::work transaction(connection_.open());
        status = one_row(transaction, "SELECT coalesce(txid_status($1::bigint), 'unknown')", doubtful_->transaction)[0].as<std::string>();
    } catch (const std::exception& error) {
        error_ = error.what();
        const Fault fault = fault_of(error, connection_.is_open());
        if (fault == Fault::away) connection_.close();
        if (fault == Fault::away || fault == Fault::doubt || fault == Fault::passing) return false;
        status = "unknown";  // this Postgres has never had that transaction: it is a copy of an older state
    }
    if (status == "in progress") return false;
    Doubtful doubtful = *std::exchange(doubtful_, std::nullopt);
    if (status == "committed") {
        settle(doubtful.entries);
    } else {
        put_back(std::move(doubtful.entries), Journal::Why::away);
    }
    return true;
}

void JournalLane::settle(std::span<const JournalEntry> entries) {
    const std::lock_guard lock(mutex_);
    for (const JournalEntry& entry : entries) journal_.settle(entry);
}

void JournalLane::put_back(Entries entries, Journal::Why why) {
    const std::lock_guard lock(mutex_);
    journal_.put_back(std::move(entries), why, Clock::now());
}

void JournalLane::log_failure(const char* consequence) {
    const auto now = Clock::now();
    ++failures_;
    if (now < failure_logged_at_ + kLogPause) return;
    spdlog::error("a database statement failed, {} ({} failed since the last such line): {}", consequence, std::exchange(failures_, 0),
                  error_);
    failure_logged_at_ = now;
}

void JournalLane::log_losses() {
    const auto now = Clock::now();
    const JournalCounts counted = counts();
    const std::uint64_t lost = counted.dropped + counted.skipped;
    if (lost == losses_logged_ || now < losses_logged_at_ + kLogPause) return;
    spdlog::warn("{} events of rooms are not recorded: so many came while Postgres was away, slow, or within a second",
                 lost - losses_logged_);
    losses_logged_ = lost;
    losses_logged_at_ = now;
}

}  // namespace musicspace::db
