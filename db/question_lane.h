#pragma once
// The lane of questions to Postgres whose answers somebody waits for. One thread asks them, over one connection of its own; a second
// thread keeps their deadlines while the first is stuck. Owned by the Store.
//
// Invariant: each question is settled once, answered or failed, at the latest at its deadline, which runs while the question waits for its
// turn. Work that is committed after that is undone.

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
    std::function<void(pqxx::work&)> work;     ///< runs its SQL; in one transaction with others' perhaps, and once for each try
    std::function<void()> answered;            ///< called after the commit
    std::function<void(StoreError)> failed;    ///< called in place of `answered`, on any thread
    std::function<void()> undo{};              ///< called when the work was, or may have been, committed and is not answered; may be empty
    std::chrono::milliseconds patience{1500};  ///< time until the deadline
    bool persistent = false;                   ///< is tried again until its deadline
};

class QuestionLane {
public:
    /// At most `limit` questions wait; one more makes the oldest fail.
    QuestionLane(const std::string& url, std::size_t limit);
    ~QuestionLane();
    QuestionLane(const QuestionLane&) = delete;
    QuestionLane& operator=(const QuestionLane&) = delete;

    void add(Question question);
    /// Adds a question that is asked once the returned function has been called (on any thread), or 300 ms have passed.
    [[nodiscard]] std::function<void()> add_held(Question question);
    /// After stop() or end() no question is answered and none fails. stop() does not wait for the threads to end, end() does.
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

    // Used on the asking thread only, except interrupt() and end() of the connection.
    Connection connection_;
    bool away_ = false;
    std::string error_;  ///< message of the last failure
    Time failure_logged_at_;
    std::uint64_t failures_ = 0;  ///< since the last one that was logged

    std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable watched_;
    std::deque<AskedPtr> waiting_;
    std::vector<AskedPtr> held_;  ///< questions of add_held() that are not to be asked yet
    Batch running_;
    std::optional<Time> watched_until_;  ///< the time until which the watching thread sleeps
    bool stopping_ = false;
    std::thread thread_;
    std::thread watch_;
};

}  // namespace musicspace::db
