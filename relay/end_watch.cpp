#include "relay/end_watch.h"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <system_error>

namespace musicspace::relay {

EndWatch::~EndWatch() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void EndWatch::start(std::chrono::milliseconds most) {
    try {
        thread_ = std::thread([this, most] {
            std::unique_lock lock(mutex_);
            if (changed_.wait_for(lock, most, [this] { return ended_; })) return;
            spdlog::warn("something hangs, the server ends without it");
            spdlog::default_logger()->flush();
            std::_Exit(0);
        });
    } catch (const std::system_error& error) {
        spdlog::warn("the end is not watched: {}", error.what());
    }
}

}  // namespace musicspace::relay
