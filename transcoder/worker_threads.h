#pragma once
// Threads for work that blocks: yt-dlp's children and pipelines waiting for a slow source. One thread a job rather than a fixed
// pool, because a pool's few threads could all be waiting for slow servers while other rooms starve. Bounded by `limit`.
// Owned by main; start() may be called from any thread, and never waits for a thread to begin or to end: a thread of this object's own
// begins and joins the others. The destructor asks every job to stop and waits for all.

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

/// Why a job did not run to its end.
enum class LostJob {
    no_thread,  ///< the system has no thread left
    threw,
};

class WorkerThreads {
public:
    using Job = std::function<void(const std::stop_token&)>;
    using OnLost = std::function<void(LostJob)>;
    /// Begins a thread that runs the function. Throws std::system_error when the system has none left.
    using MakeThread = std::function<std::thread(std::function<void()>)>;

    [[nodiscard]] static std::thread make_real_thread(std::function<void()> body) { return std::thread(std::move(body)); }

    /// `niceness`: of the jobs' threads, 0 to 19.
    explicit WorkerThreads(std::size_t limit, int niceness = kBehindIo, MakeThread make_thread = make_real_thread);
    ~WorkerThreads();
    WorkerThreads(const WorkerThreads&) = delete;
    WorkerThreads& operator=(const WorkerThreads&) = delete;

    /// Runs `job` on a thread of its own, at a lower priority than the I/O thread. `on_lost` is called, on some other thread, when it
    /// could not be run or has thrown. Returns the source that asks it to stop, or nullptr when `limit` jobs run
    /// already, not counting those that have been asked to stop.
    [[nodiscard]] std::shared_ptr<std::stop_source> start(Job job, OnLost on_lost);

    [[nodiscard]] std::size_t running() const;

private:
    enum class Phase { waiting, running, done };
    struct Worker {
        std::shared_ptr<std::stop_source> stop;
        Job job;
        OnLost on_lost;
        std::thread thread;  ///< of starter_ only
        Phase phase = Phase::waiting;
    };
    using Workers = std::list<Worker>;

    void keep_starting();
    void begin(Worker& worker);
    void run(Worker& worker);
    void end(Worker& worker);
    [[nodiscard]] Workers::iterator next_in(Phase phase);

    const std::size_t limit_;
    const int niceness_;
    const MakeThread make_thread_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;  ///< a worker is waiting or done, or all are to end
    Workers workers_;                  ///< taken out by starter_ only
    bool ending_ = false;
    std::thread starter_;  ///< begins and joins the workers' threads
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
