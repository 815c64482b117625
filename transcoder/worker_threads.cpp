#include "transcoder/worker_threads.h"

#include <sched.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <exception>

namespace musicspace::transcoder {

namespace {

// Linux applies PRIO_PROCESS with a thread id to that thread alone.
void lower_own_priority(int niceness) {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
    const sched_param none{};
    if (niceness == kBackground) sched_setscheduler(0, SCHED_IDLE, &none);
}

void report(const WorkerThreads::OnLost& on_lost, LostJob why) {
    try {
        if (on_lost) on_lost(why);
    } catch (const std::exception& error) {
        spdlog::error("a lost job could not be reported: {}", error.what());
    }
}

}  // namespace

WorkerThreads::WorkerThreads(std::size_t limit, int niceness, std::function<void()> enter, MakeThread make_thread)
    : limit_(limit), niceness_(niceness), enter_(std::move(enter)), make_thread_(std::move(make_thread)), starter_([this] {
          keep_starting();
      }) {}

WorkerThreads::~WorkerThreads() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        for (Worker& worker : workers_) worker.stop->request_stop();
    }
    changed_.notify_all();
    starter_.join();
}

std::shared_ptr<std::stop_source> WorkerThreads::start(Job job, OnLost on_lost) {
    auto stop = std::make_shared<std::stop_source>();
    {
        const std::lock_guard lock(mutex_);
        const auto busy = std::ranges::count_if(
            workers_, [](const Worker& worker) { return worker.phase != Phase::done && !worker.stop->stop_requested(); });
        if (ending_ || static_cast<std::size_t>(busy) >= limit_) return nullptr;
        Worker& worker = workers_.emplace_back();
        worker.stop = stop;
        worker.job = std::move(job);
        worker.on_lost = std::move(on_lost);
    }
    changed_.notify_all();
    return stop;
}

WorkerThreads::Workers::iterator WorkerThreads::next_in(Phase phase) { return std::ranges::find(workers_, phase, &Worker::phase); }

void WorkerThreads::keep_starting() {
    std::unique_lock lock(mutex_);
    while (true) {
        if (const auto worker = next_in(Phase::done); worker != workers_.end()) {
            Workers ended;
            ended.splice(ended.end(), workers_, worker);
            lock.unlock();
            if (ended.front().thread.joinable()) ended.front().thread.join();
            ended.clear();  // what the job held is released without the lock
            lock.lock();
        } else if (const auto next = next_in(Phase::waiting); next != workers_.end()) {
            next->phase = ending_ ? Phase::done : Phase::running;
            if (ending_) continue;
            lock.unlock();
            begin(*next);
            lock.lock();
        } else if (ending_ && workers_.empty()) {
            return;
        } else {
            changed_.wait(lock);
        }
    }
}

void WorkerThreads::begin(Worker& worker) {
    try {
        worker.thread = make_thread_([this, &worker] { run(worker); });
    } catch (const std::exception& error) {
        spdlog::error("no thread could be started for a job: {}", error.what());
        report(worker.on_lost, LostJob::no_thread);
        end(worker);
    }
}

void WorkerThreads::run(Worker& worker) {
    lower_own_priority(niceness_);
    try {
        if (enter_) enter_();
        worker.job(worker.stop->get_token());
    } catch (const std::exception& error) {
        spdlog::error("a job failed: {}", error.what());
        report(worker.on_lost, LostJob::threw);
    } catch (...) {
        spdlog::error("a job failed");
        report(worker.on_lost, LostJob::threw);
    }
    end(worker);
}

void WorkerThreads::end(Worker& worker) {
    worker.job = nullptr;
    worker.on_lost = nullptr;
    const std::lock_guard lock(mutex_);
    worker.phase = Phase::done;
    changed_.notify_all();
}

std::size_t WorkerThreads::running() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(workers_, [](const Worker& worker) { return worker.phase != Phase::done; }));
}

}  // namespace musicspace::transcoder
