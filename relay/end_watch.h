#pragma once
// Sees to it that an ending program has ended within a time, whatever hangs. Owned by main.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace musicspace::relay {

class EndWatch {
public:
    EndWatch() = default;
    /// All has ended in time.
    ~EndWatch();
    EndWatch(const EndWatch&) = delete;
    EndWatch& operator=(const EndWatch&) = delete;

    /// From now on; then the program is ended with exit code 0, and the log says so.
    void start(std::chrono::milliseconds most);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace musicspace::relay
