#pragma once
// Threads for work that blocks: yt-dlp's children and pipelines waiting for a slow source. One thread a job rather than a fixed
// pool, because a pool's few threads could all be waiting for slow servers while other rooms starve. Bounded by `limit`.
// Owned by main; start() may be called from any thread. The destructor asks every job to stop and waits for all.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

namespace musicspace::transcoder {

inline constexpr int kAwaited = 4;      ///< somebody waits for it: holds its own beside other programs
inline constexpr int kBehindIo = 10;    ///< never delays the I/O thread's frames
inline constexpr int kBackground = 19;  ///< nor what is about to be heard: runs when nothing else wants to

class WorkerThreads {
public:
    using Job = std::function<void(std::stop_token)>;

    /// `niceness`: of the jobs' threads, 0 to 19.
    /// `enter` is called on each before its job.
    explicit WorkerThreads(std::size_t limit, int niceness = kBehindIo, std::function<void()> enter = {})
        : limit_(limit), niceness_(niceness), enter_(std::move(enter)) {}
    ~WorkerThreads();
    WorkerThreads(const WorkerThreads&) = delete;
    WorkerThreads& operator=(const WorkerThreads&) = delete;

    /// Runs `job` on a thread of its own, at a lower priority than the I/O thread. `job` must not throw.
    /// Returns the source that asks it to stop, or nullptr when `limit` jobs run
    /// already, not counting those that have been asked to stop.
    [[nodiscard]] std::shared_ptr<std::stop_source> start(Job job);

    [[nodiscard]] std::size_t running() const;

private:
    struct Worker {
        std::shared_ptr<std::stop_source> stop;
        std::thread thread;
        bool done = false;
    };
    void reap_done_locked();

    const std::size_t limit_;
    const int niceness_;
    const std::function<void()> enter_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::list<Worker> workers_;
};

/// So many at a time; the others wait. Any thread.
class Turns {
public:
    explicit Turns(std::size_t free) : free_(free) {}

    /// Runs `work` when it is its turn; not at all when asked to stop before that.
    template <typename Work>
    void take(const std::stop_token& stop, const Work& work) {
        {
            std::unique_lock lock(mutex_);
            if (!changed_.wait(lock, stop, [this] { return free_ > 0; })) return;
            --free_;
        }
        const GiveBack give_back{*this};
        work();
    }

private:
    struct GiveBack {
        Turns& turns;
        ~GiveBack() {
            {
                const std::lock_guard lock(turns.mutex_);
                ++turns.free_;
            }
            turns.changed_.notify_one();
        }
    };

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::size_t free_;
};

}  // namespace musicspace::transcoder
