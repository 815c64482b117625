#include "transcoder/worker_threads.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace musicspace::transcoder {

namespace {
// Linux applies PRIO_PROCESS with a thread id to that thread alone.
void lower_own_priority(int niceness) {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
    const sched_param none{};
    if (niceness == kBackground) sched_setscheduler(0, SCHED_IDLE, &none);
}
}  // namespace

WorkerThreads::~WorkerThreads() {
    std::unique_lock lock(mutex_);
    for (Worker& worker : workers_) worker.stop->request_stop();
    changed_.wait(lock, [this] { return std::ranges::all_of(workers_, &Worker::done); });
    reap_done_locked();
}

void WorkerThreads::reap_done_locked() {
    for (auto worker = workers_.begin(); worker != workers_.end();) {
        if (worker->done) {
            worker->thread.join();
            worker = workers_.erase(worker);
        } else {
            ++worker;
        }
    }
}

std::shared_ptr<std::stop_source> WorkerThreads::start(Job job) {
    const std::lock_guard lock(mutex_);
    reap_done_locked();
    const auto busy = std::ranges::count_if(workers_, [](const Worker& worker) { return !worker.stop->stop_requested(); });
    if (static_cast<std::size_t>(busy) >= limit_) return nullptr;
    Worker& worker = workers_.emplace_back();
    worker.stop = std::make_shared<std::stop_source>();
    worker.thread = std::thread([this, &worker, stop = worker.stop->get_token(), job = std::move(job)]() mutable {
        lower_own_priority(niceness_);
        if (enter_) enter_();
        job(stop);
        job = nullptr;
        const std::lock_guard done_lock(mutex_);
        worker.done = true;
        changed_.notify_all();
    });
    return worker.stop;
}

std::size_t WorkerThreads::running() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(workers_, false, &Worker::done));
}

}  // namespace musicspace::transcoder
