#pragma once
// Writes what outboxes hold to their sockets, many at a time. One for all listeners, I/O thread.
// Nothing is copied here: the kernel copies the shared messages into each socket.

#include <sys/types.h>
#include <sys/uio.h>

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace musicspace::relay {

class Outbox;

/// One send() of many: to a non-blocking socket, at most once in a round.
struct SendOp {
    int socket = -1;
    std::span<iovec> parts;
    ssize_t result = 0;  ///< bytes, or a negative errno
};

/// How a round reaches the kernel.
class SendCalls {
public:
    virtual ~SendCalls() = default;
    /// Fills in the results. At most kMostOps.
    virtual void send(std::span<SendOp> ops) = 0;
    [[nodiscard]] virtual const char* name() const = 0;
    static constexpr std::size_t kMostOps = 256;
};

/// A system call for each socket.
[[nodiscard]] std::unique_ptr<SendCalls> make_plain_calls();
/// One system call for all of them, through io_uring. Null where the kernel does not have it or does not allow it.
[[nodiscard]] std::unique_ptr<SendCalls> make_uring_calls();

class Sender {
public:
    /// `soon`: calls flush() once the current piece of work is done.
    Sender(std::unique_ptr<SendCalls> calls, std::function<void()> soon) : calls_(std::move(calls)), soon_(std::move(soon)) {}

    void add(Outbox& outbox);
    void remove(Outbox& outbox);
    /// Sends for all that were added. May be called at any time, but by an outbox.
    void flush();

private:
    static constexpr std::size_t kMostParts = 16;
    void send_round(std::span<Outbox*> outboxes);

    const std::unique_ptr<SendCalls> calls_;
    const std::function<void()> soon_;
    bool asked_ = false;
    std::vector<Outbox*> pending_;
    std::vector<Outbox*> round_;
    std::vector<SendOp> ops_;
    std::vector<std::array<iovec, kMostParts>> parts_;
};

}  // namespace musicspace::relay
