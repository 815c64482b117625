#pragma once
// Writes lines to a file descriptor from a thread of its own, so that whoever logs never waits for whoever reads. What waits is bounded:
// beyond that the oldest lines are dropped, and a line says how many.
//
// Thread safety: write() and dropped() may be called on any thread. The descriptor stays blocking, as others may share it; it is written
// to only when it takes a whole line (poll, and lines shorter than PIPE_BUF), so that the thread can be ended.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace musicspace {

struct LineWriterLimits {
    std::size_t lines = 8'192;
    std::size_t bytes = 1U << 20U;
};

class LineWriter {
public:
    explicit LineWriter(int descriptor, LineWriterLimits limits = {});
    /// Waits for what is left as flush() does, then gives the rest up.
    ~LineWriter();
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;

    /// Never blocks for longer than it takes to queue `line`, whose end is added.
    void write(std::string line);

    /// Waits until all that was written has reached the descriptor, for `most` at the longest. False when it has not.
    bool flush(std::chrono::milliseconds most);

    [[nodiscard]] std::uint64_t dropped() const;

private:
    struct Shared;  // outlives this when the thread cannot be ended in time
    std::shared_ptr<Shared> shared_;
};

}  // namespace musicspace
