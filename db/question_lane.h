#pragma once
// The thread that asks Postgres what somebody waits for, over one connection of its own, and a second thread that keeps the questions'
// deadlines while the first is stuck. Owned by the Store. Each question is settled once: answered, or failed by its deadline, its wait for
// a turn included. Work that ends later is undone.

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "db/connection.h"
#include "db/store.h"

namespace musicspace::db {

struct Question {
    std::function<void(pqxx::work&)> work;   ///< in a transaction, perhaps with others', and perhaps more than once until it is committed
    std::function<void()> answered;          ///< after the commit
    std::function<void(StoreError)> failed;  ///< in place of it
    std::function<void()> undo{};            ///< what was committed, when it was too late or may have failed; may be empty
    std::chrono::milliseconds patience{1500};
    bool persistent = false;  ///< is tried again until its patience ends
};

class QuestionLane {
public:
    /// At most so many questions wait; beyond that the oldest fails.
    QuestionLane(const std::string& url, std::size_t limit);
    ~QuestionLane();
    QuestionLane(const QuestionLane&) = delete;
    QuestionLane& operator=(const QuestionLane&) = delete;

    void add(Question question);
    /// The same, but it is not asked before the returned function is called, on any thread, or 300 ms have passed.
    [[nodiscard]] std::function<void()> add_held(Question question);
    /// No question is settled any more. stop() does not wait for the threads, end() does.
    void stop();
    void end();

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Asked {
        Question question;
        Time deadline;
        Time held_until{};
        bool settled = false;  // under mutex_
    };
    using AskedPtr = std::shared_ptr<Asked>;
    using Batch = std::vector<AskedPtr>;

    void run();
    void watch();
    void release(const AskedPtr& asked);
    void release_due(Time now);
    [[nodiscard]] Batch next_batch();
    void finish(Batch batch);
    [[nodiscard]] std::optional<Fault> attempt(Batch& batch);
    [[nodiscard]] std::optional<Fault> try_once(Batch& batch);
    bool wait_to_persist(const Batch& batch);
    bool settle(const AskedPtr& asked);
    void fail(const AskedPtr& asked, StoreError error);
    bool drop_settled(Batch& batch);
    void log_failure();

    const std::size_t limit_;

    // Its thread's, except interrupt() and end() of the connection.
    Connection connection_;
    bool away_ = false;
    std::string error_;  ///< the last one
    Time failure_logged_at_;
    std::uint64_t failures_ = 0;  ///< since one was logged

    std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable watched_;
    std::deque<AskedPtr> waiting_;
    std::vector<AskedPtr> held_;  ///< do not wait yet
    Batch running_;
    std::optional<Time> watched_until_;  ///< the deadline that the watch sleeps until
    bool stopping_ = false;
    std::thread thread_;
    std::thread watch_;
};

}  // namespace musicspace::db
