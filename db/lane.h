#pragma once
// One thread with one Postgres connection and a bounded queue of work for it. Used by Store only.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <thread>

#include "db/store.h"

namespace musicspace::db {

class Store::Lane {
public:
    using Work = std::function<void(pqxx::work&)>;
    using Failed = std::function<void(StoreError)>;

    enum class WhenAway { fail, keep_trying };

    Lane(std::string url, WhenAway when_away, std::size_t limit);
    ~Lane();

    /// `work` runs in a transaction, perhaps together with what waits beside it, and perhaps more than once until it is committed;
    /// `failed` is called (on this lane's thread) when it could not be. `committed` is called after the commit.
    void add(Work work, std::function<void()> committed = {}, Failed failed = {});

    [[nodiscard]] bool healthy() const { return healthy_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    struct Job {
        Work work;
        std::function<void()> committed;
        Failed failed;
    };
    enum class Outcome { done, away, not_together };
    void run();
    void connect();
    bool finish(std::span<const Job> jobs);
    Outcome attempt(std::span<const Job> jobs);
    Outcome lose_connection(const std::exception& error);
    static Outcome fail(std::span<const Job> jobs, StoreError error);
    bool wait_before_retry();

    const std::string url_;
    const WhenAway when_away_;
    const std::size_t limit_;
    std::atomic<bool> healthy_ = true;
    std::atomic<std::uint64_t> dropped_ = 0;

    std::unique_ptr<pqxx::connection> connection_;  // lane thread only

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace musicspace::db
