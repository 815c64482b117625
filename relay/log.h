#pragma once
// The server's log: lines on stderr by way of spdlog's default logger, each escaped and bounded, written by a thread of its own.

#include <memory>

#include "relay/base/line_writer.h"

namespace musicspace::relay {

/// Owned by main, for as long as anything logs. On an uncaught exception, too, what is left is written.
class Log {
public:
    /// Makes it spdlog's default logger.
    Log();
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

private:
    const std::shared_ptr<LineWriter> writer_;
};

}  // namespace musicspace::relay
