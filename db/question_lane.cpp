#include "db/question_lane.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace musicspace::db {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLongestHold = std::chrono::milliseconds(300);
// A little less than a question's patience, so that a slow statement ends before its question does, and the connection stays.
constexpr SessionLimits kLimits{.statement = std::chrono::milliseconds(1400), .lock = std::chrono::milliseconds(1400)};
constexpr auto kRetryDelay = std::chrono::milliseconds(500);
constexpr auto kLogPause = std::chrono::seconds(5);
constexpr std::size_t kMostTogether = 100;

}  // namespace

QuestionLane::QuestionLane(const std::string& url, std::size_t limit)
    : limit_(limit), connection_(url, kLimits), thread_([this] { run(); }), watch_([this] { watch(); }) {}

QuestionLane::~QuestionLane() { end(); }

void QuestionLane::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    watched_.notify_all();
    connection_.end();
}

void QuestionLane::end() {
    if (!thread_.joinable()) return;
    stop();
    thread_.join();
    watch_.join();
    waiting_.clear();
    held_.clear();
}

void QuestionLane::add(Question question) {
    auto asked = std::make_shared<Asked>();
    asked->deadline = Clock::now() + question.patience;
    asked->question = std::move(question);
    AskedPtr refused;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= limit_) {
            refused = std::move(waiting_.front());
            waiting_.pop_front();
        }
        if (!watched_until_ || asked->deadline < *watched_until_) watched_.notify_all();
        waiting_.push_back(std::move(asked));
    }
    changed_.notify_all();
    if (refused) fail(refused, StoreError::unavailable);
}

std::function<void()> QuestionLane::add_held(Question question) {
    auto asked = std::make_shared<Asked>();
    const Time now = Clock::now();
    asked->deadline = now + question.patience;
    asked->held_until = now + kLongestHold;
    asked->question = std::move(question);
    const std::lock_guard lock(mutex_);
    // No more questions are held than may wait: the next ones are asked at once.
    if (held_.size() >= limit_) asked->held_until = now;
    held_.push_back(asked);
    watched_.notify_all();
    return [this, asked] { release(asked); };
}

void QuestionLane::release(const AskedPtr& asked) {
    const std::lock_guard lock(mutex_);
    asked->held_until = Clock::now();
    release_due(asked->held_until);
}

void QuestionLane::release_due(Time now) {
    // Not std::ranges::stable_partition: clang 14 does not compile its result.
    const auto due = std::stable_partition(held_.begin(), held_.end(), [now](const AskedPtr& asked) { return asked->held_until > now; });
    if (due == held_.end()) return;
    waiting_.insert(waiting_.end(), due, held_.end());
    held_.erase(due, held_.end());
    watched_.notify_all();
    changed_.notify_all();
}

// Returns false when the question has been settled already, or the lane ends.
bool QuestionLane::settle(const AskedPtr& asked) {
    const std::lock_guard lock(mutex_);
    return !stopping_ && !std::exchange(asked->settled, true);
}

void QuestionLane::fail(const AskedPtr& asked, StoreError error) {
    if (settle(asked)) asked->question.failed(error);
}

void QuestionLane::watch() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const auto now = Clock::now();
        Batch late;
        watched_until_.reset();
        const auto look_at = [&](const AskedPtr& asked) {
            if (asked->settled) return;
            if (asked->deadline <= now) {
                late.push_back(asked);
            } else if (!watched_until_ || asked->deadline < *watched_until_) {
                watched_until_ = asked->deadline;
            }
        };
        release_due(now);
        for (const AskedPtr& asked : held_) {
            if (!watched_until_ || asked->held_until < *watched_until_) watched_until_ = asked->held_until;
        }
        for (const AskedPtr& asked : running_) look_at(asked);
        // A question that runs is late: the connection is stuck, or as slow as if it were.
        if (!late.empty()) connection_.interrupt();
        for (const AskedPtr& asked : waiting_) look_at(asked);
        if (!late.empty()) {
            for (const AskedPtr& asked : late) asked->settled = true;
            std::erase_if(waiting_, [](const AskedPtr& asked) { return asked->settled; });
            lock.unlock();
            for (const AskedPtr& asked : late) asked->question.failed(StoreError::unavailable);
            lock.lock();
        } else if (watched_until_) {
            watched_.wait_until(lock, *watched_until_);
        } else {
            watched_.wait(lock);
        }
    }
}

void QuestionLane::run() {
    while (true) {
        Batch batch = next_batch();
        if (batch.empty()) return;
        try {
            finish(std::move(batch));
        } catch (const std::exception& error) {
            // Memory has run out, most likely.
            spdlog::error("questions to the database are given up: {}", error.what());
            for (const AskedPtr& asked : running_) fail(asked, StoreError::unavailable);
        }
    }
}

// Waits for questions, and takes those that may share a transaction. Returns none when the lane ends.
QuestionLane::Batch QuestionLane::next_batch() {
    std::unique_lock lock(mutex_);
    running_.clear();
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return {};
    do {
        running_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    } while (!waiting_.empty() && running_.size() < kMostTogether && !running_.front()->question.persistent &&
             !waiting_.front()->question.persistent);
    return running_;
}

// Removes the questions that have been settled, and returns whether there were any.
bool QuestionLane::drop_settled(Batch& batch) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(batch, [](const AskedPtr& asked) { return asked->settled; }) > 0;
}

void QuestionLane::finish(Batch batch) {
    while (true) {
        drop_settled(batch);
        if (batch.empty()) return;
        const auto fault = attempt(batch);
        if (!fault) return;
        const bool alone = batch.size() == 1;
        if (*fault != Fault::away && *fault != Fault::doubt && !alone) {
            for (const AskedPtr& asked : batch) finish({asked});
            return;
        }
        const bool may_pass = *fault == Fault::away || *fault == Fault::passing;
        if (may_pass && wait_to_persist(batch)) continue;
        if (alone && (*fault == Fault::passing || *fault == Fault::never)) log_failure();
        for (const AskedPtr& asked : batch) {
            if (*fault == Fault::doubt && asked->question.undo) asked->question.undo();
            fail(asked, *fault == Fault::taken     ? StoreError::taken
                        : *fault == Fault::missing ? StoreError::no_such_room
                                                   : StoreError::unavailable);
        }
        return;
    }
}

void QuestionLane::log_failure() {
    const auto now = Clock::now();
    ++failures_;
    if (now < failure_logged_at_ + kLogPause) return;
    spdlog::error("a database question failed ({} since the last such line): {}", std::exchange(failures_, 0), error_);
    failure_logged_at_ = now;
}

bool QuestionLane::wait_to_persist(const Batch& batch) {
    if (!batch.front()->question.persistent) return false;
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, kRetryDelay, [&] { return stopping_ || batch.front()->settled; });
}

// A connection that was idle may have been lost long ago: then the questions are asked once more, on a new one.
std::optional<Fault> QuestionLane::attempt(Batch& batch) {
    const bool used = connection_.is_open();
    auto fault = try_once(batch);
    if (fault == Fault::away && used) {
        drop_settled(batch);
        fault = batch.empty() ? std::nullopt : try_once(batch);
    }
    if (fault == Fault::away && !std::exchange(away_, true)) spdlog::warn("Postgres is away: {}", error_);
    if (!fault) away_ = false;
    return fault;
}

std::optional<Fault> QuestionLane::try_once(Batch& batch) {
    bool connected = false;
    try {
        auto& connection = connection_.open();
        connected = true;
        {
            pqxx::work transaction(connection);
            for (const AskedPtr& asked : batch) asked->question.work(transaction);
            // Work that nobody waits for any more is not committed.
            if (drop_settled(batch)) {
                transaction.abort();
            } else {
                transaction.commit();
                for (const AskedPtr& asked : batch) {
                    if (settle(asked)) {
                        asked->question.answered();
                    } else if (asked->question.undo) {
                        asked->question.undo();
                    }
                }
                return std::nullopt;
            }
        }
        return batch.empty() ? std::nullopt : try_once(batch);
    } catch (const std::exception& error) {
        const Fault fault = fault_of(error, connection_.is_open());
        if (fault == Fault::away || fault == Fault::doubt) connection_.close();
        error_ = error.what();
        if (fault == Fault::away && connected) error_ = "the connection is lost";
        return fault;
    }
}

}  // namespace musicspace::db
