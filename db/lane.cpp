#include "db/lane.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "db/sql.h"

namespace musicspace::db {

namespace {

constexpr auto kRetryDelay = std::chrono::milliseconds(500);
constexpr auto kLastWrites = std::chrono::seconds(2);

}  // namespace

Store::Lane::Lane(std::string url, WhenAway when_away, std::size_t limit)
    : url_(std::move(url)), when_away_(when_away), limit_(limit), thread_([this] { run(); }) {}

Store::Lane::~Lane() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Store::Lane::add(Work work, std::function<void()> committed, Failed failed) {
    Job refused;
    {
        const std::lock_guard lock(mutex_);
        if (jobs_.size() >= limit_) {
            ++dropped_;
            refused = std::move(jobs_.front());
            jobs_.pop_front();
        }
        jobs_.push_back({std::move(work), std::move(committed), std::move(failed)});
    }
    changed_.notify_all();
    if (refused.failed) refused.failed(StoreError::unavailable);
}

void Store::Lane::connect() {
    if (connection_) return;
    connection_ = std::make_unique<pqxx::connection>(url_);
    pqxx::nontransaction session(*connection_);
    db::run(session, "SET statement_timeout = '5s'");
}

Store::Lane::Outcome Store::Lane::lose_connection(const std::exception& error) {
    if (healthy_.exchange(false)) spdlog::warn("Postgres is away: {}", error.what());
    connection_.reset();
    return Outcome::away;
}

// Many in one transaction: they share its one write to disk. When one of them cannot be done, none is, and each is tried by itself.
Store::Lane::Outcome Store::Lane::attempt(std::span<const Job> jobs) {
    try {
        connect();
        pqxx::work transaction(*connection_);
        for (const Job& job : jobs) job.work(transaction);
        transaction.commit();
        healthy_ = true;
        for (const Job& job : jobs) {
            if (job.committed) job.committed();
        }
        return Outcome::done;
    } catch (const pqxx::broken_connection& error) {
        return lose_connection(error);
    } catch (const pqxx::in_doubt_error& error) {
        return lose_connection(error);
    } catch (const pqxx::unique_violation&) {
        return fail(jobs, StoreError::taken);
    } catch (const pqxx::foreign_key_violation&) {
        return fail(jobs, StoreError::no_such_room);
    } catch (const pqxx::sql_error& error) {
        // 57P0x: the server is shutting down or not up yet.
        if (error.sqlstate().starts_with("57P")) return lose_connection(error);
        if (jobs.size() == 1) spdlog::error("a database statement failed: {}", error.what());
        return fail(jobs, StoreError::unavailable);
    } catch (const std::exception& error) {
        spdlog::error("a database statement failed: {}", error.what());
        connection_.reset();
        return fail(jobs, StoreError::unavailable);
    }
}

Store::Lane::Outcome Store::Lane::fail(std::span<const Job> jobs, StoreError error) {
    if (jobs.size() == 1) {
        if (jobs.front().failed) jobs.front().failed(error);
        return Outcome::done;
    }
    return Outcome::not_together;
}

// False when it is time to give up for good.
bool Store::Lane::wait_before_retry() {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, kRetryDelay, [this] { return stopping_; });
}

// False when it is time to give up for good.
bool Store::Lane::finish(std::span<const Job> jobs) {
    while (true) {
        switch (attempt(jobs)) {
            case Outcome::done:
                return true;
            case Outcome::not_together:
                return std::ranges::all_of(jobs, [this](const Job& job) { return finish(std::span(&job, 1)); });
            case Outcome::away:
                if (when_away_ == WhenAway::fail) {
                    for (const Job& job : jobs) {
                        if (job.failed) job.failed(StoreError::unavailable);
                    }
                    return true;
                }
                if (!wait_before_retry()) return false;
        }
    }
}

void Store::Lane::run() {
    constexpr std::size_t kMostTogether = 100;
    std::optional<std::chrono::steady_clock::time_point> give_up;
    std::vector<Job> jobs;
    while (true) {
        jobs.clear();
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (stopping_ && !give_up) give_up = std::chrono::steady_clock::now() + kLastWrites;
            if (jobs_.empty() || (give_up && std::chrono::steady_clock::now() > *give_up)) return;
            while (!jobs_.empty() && jobs.size() < kMostTogether) {
                jobs.push_back(std::move(jobs_.front()));
                jobs_.pop_front();
            }
        }
        if (!finish(jobs)) return;
    }
}

}  // namespace musicspace::db
