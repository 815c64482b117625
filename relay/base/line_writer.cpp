#include "relay/base/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace musicspace {

namespace {

constexpr std::chrono::milliseconds kLookAgain{100};  // for the end, while nobody reads
constexpr std::chrono::milliseconds kAtTheEnd{500};

// False when it cannot be written to, ever.
bool write_all(int descriptor, const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const ssize_t written = ::write(descriptor, text.data() + at, text.size() - at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        at += static_cast<std::size_t>(written);
    }
    return true;
}

}  // namespace

struct LineWriter::Shared {
    Shared(int to, LineWriterLimits most) : descriptor(to), limits(most) {}

    const int descriptor;
    const LineWriterLimits limits;
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::string> lines;
    std::size_t bytes = 0;
    std::uint64_t dropped = 0;
    std::uint64_t dropped_unsaid = 0;
    bool writing = false;
    bool ending = false;  ///< as soon as nothing is left
    bool given_up = false;
    bool ended = false;

    void run();
    /// True when the descriptor takes a line now.
    [[nodiscard]] bool ready() const;
    [[nodiscard]] std::string next();
};

bool LineWriter::Shared::ready() const {
    pollfd waited{descriptor, POLLOUT, 0};
    // poll() also returns when the reader has closed its end; write() then fails, and that is handled there.
    return ::poll(&waited, 1, static_cast<int>(kLookAgain.count())) > 0;
}

// With the mutex held, and something to write.
std::string LineWriter::Shared::next() {
    if (dropped_unsaid > 0) {
        std::string line = std::to_string(dropped_unsaid) + " lines of the log were dropped here: they came faster than they were read\n";
        dropped_unsaid = 0;
        return line;
    }
    std::string line = std::move(lines.front());
    lines.pop_front();
    bytes -= line.size();
    return line;
}

void LineWriter::Shared::run() {
    std::unique_lock lock(mutex);
    while (true) {
        changed.wait(lock, [this] { return ending || !lines.empty() || dropped_unsaid > 0; });
        if (given_up || (lines.empty() && dropped_unsaid == 0)) break;
        lock.unlock();
        const bool takes = ready();
        lock.lock();
        if (!takes || given_up) continue;
        const std::string line = next();
        writing = true;
        lock.unlock();
        const bool written = write_all(descriptor, line);
        lock.lock();
        writing = false;
        if (!written) {
            // Nobody can read the log any more: its lines are dropped and counted.
            dropped += lines.size() + 1;
            lines.clear();
            bytes = 0;
        }
        changed.notify_all();
    }
    ended = true;
    changed.notify_all();
}

LineWriter::LineWriter(int descriptor, LineWriterLimits limits) : shared_(std::make_shared<Shared>(descriptor, limits)) {
    std::thread([shared = shared_] { shared->run(); }).detach();
}

LineWriter::~LineWriter() {
    (void)flush(kAtTheEnd);
    std::unique_lock lock(shared_->mutex);
    shared_->ending = shared_->given_up = true;
    shared_->changed.notify_all();
    // A thread that is caught in write() stays there; the process ends without it.
    shared_->changed.wait_for(lock, 2 * kLookAgain, [this] { return shared_->ended; });
}

void LineWriter::write(std::string line) {
    line += '\n';
    const std::lock_guard lock(shared_->mutex);
    shared_->bytes += line.size();
    shared_->lines.push_back(std::move(line));
    while (shared_->lines.size() > shared_->limits.lines || shared_->bytes > shared_->limits.bytes) {
        shared_->bytes -= shared_->lines.front().size();
        shared_->lines.pop_front();
        ++shared_->dropped;
        ++shared_->dropped_unsaid;
    }
    shared_->changed.notify_all();
}

bool LineWriter::flush(std::chrono::milliseconds most) {
    std::unique_lock lock(shared_->mutex);
    return shared_->changed.wait_for(lock, most,
                                     [this] { return shared_->lines.empty() && shared_->dropped_unsaid == 0 && !shared_->writing; });
}

std::uint64_t LineWriter::dropped() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->dropped;
}

}  // namespace musicspace
