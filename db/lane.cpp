#include "db/lane.h"

#include <spdlog/spdlog.h>

#include <chrono>

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

Store::Lane::Outcome Store::Lane::attempt(const Job& job) {
    try {
        if (!connection_) {
            connection_ = std::make_unique<pqxx::connection>(url_);
            pqxx::nontransaction(*connection_).exec0("SET statement_timeout = '5s'");
        }
        pqxx::work transaction(*connection_);
        job.work(transaction);
        transaction.commit();
        healthy_ = true;
        if (job.committed) job.committed();
        return Outcome::done;
    } catch (const pqxx::unique_violation&) {
        if (job.failed) job.failed(StoreError::code_taken);
        return Outcome::done;
    } catch (const pqxx::foreign_key_violation&) {
        if (job.failed) job.failed(StoreError::no_such_room);
        return Outcome::done;
    } catch (const pqxx::broken_connection& error) {
        if (healthy_.exchange(false)) spdlog::warn("Postgres is away: {}", error.what());
        connection_.reset();
        return Outcome::away;
    } catch (const pqxx::sql_error& error) {
        // 57P0x: the server is shutting down or not up yet.
        if (error.sqlstate().starts_with("57P")) {
            if (healthy_.exchange(false)) spdlog::warn("Postgres is away: {}", error.what());
            connection_.reset();
            return Outcome::away;
        }
        spdlog::error("a database statement failed: {}", error.what());
        if (job.failed) job.failed(StoreError::unavailable);
        return Outcome::done;
    } catch (const std::exception& error) {
        spdlog::error("a database statement failed: {}", error.what());
        connection_.reset();
        if (job.failed) job.failed(StoreError::unavailable);
        return Outcome::done;
    }
}

// False when it is time to give up for good.
bool Store::Lane::wait_before_retry() {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, kRetryDelay, [this] { return stopping_; });
}

void Store::Lane::run() {
    std::optional<std::chrono::steady_clock::time_point> give_up;
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (stopping_ && !give_up) give_up = std::chrono::steady_clock::now() + kLastWrites;
            if (jobs_.empty() || (give_up && std::chrono::steady_clock::now() > *give_up)) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        while (attempt(job) == Outcome::away) {
            if (when_away_ == WhenAway::fail) {
                if (job.failed) job.failed(StoreError::unavailable);
                break;
            }
            if (!wait_before_retry()) return;
        }
    }
}

}  // namespace musicspace::db
