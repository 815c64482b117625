// A round of sends in one system call.

#include <liburing.h>
#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <system_error>

#include "relay/broadcast/sender.h"

namespace musicspace::relay {

namespace {

class UringCalls : public SendCalls {
public:
    /// False when there is no io_uring to be had.
    [[nodiscard]] bool open() {
        // Completions are made when they are asked for, by the one thread that asks (Linux 6.1); else in the old way.
        for (const unsigned flags : {static_cast<unsigned>(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN), 0U}) {
            io_uring_params parameters{};
            parameters.flags = flags;
            opened_ = io_uring_queue_init_params(kMostOps, &ring_, &parameters) == 0;
            if (opened_) return true;
        }
        return false;
    }
    UringCalls() = default;
    ~UringCalls() override {
        if (opened_) io_uring_queue_exit(&ring_);
    }
    UringCalls(const UringCalls&) = delete;
    UringCalls& operator=(const UringCalls&) = delete;

    void send(std::span<SendOp> ops) override {
        assert(ops.size() <= kMostOps);
        constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;  // each is done, or refused, at once: none waits in the kernel
        for (std::size_t i = 0; i < ops.size(); ++i) {
            SendOp& op = ops[i];
            op.result = -EAGAIN;
            io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
            if (op.parts.size() == 1) {
                io_uring_prep_send(entry, op.socket, op.parts[0].iov_base, op.parts[0].iov_len, kFlags);
            } else {
                messages_[i] = {};
                messages_[i].msg_iov = op.parts.data();
                messages_[i].msg_iovlen = op.parts.size();
                io_uring_prep_sendmsg(entry, op.socket, &messages_[i], kFlags);
            }
            io_uring_sqe_set_data64(entry, i);
        }
        for (std::size_t done = 0; done < ops.size();) {
            const int submitted = io_uring_submit_and_wait(&ring_, static_cast<unsigned>(ops.size() - done));
            if (submitted < 0 && submitted != -EINTR && submitted != -EAGAIN && submitted != -EBUSY)
                throw std::system_error(-submitted, std::system_category(), "io_uring");
            unsigned head = 0;
            unsigned seen = 0;
            io_uring_cqe* completion = nullptr;
            io_uring_for_each_cqe(&ring_, head, completion) {
                ops[completion->user_data].result = completion->res;
                ++seen;
            }
            io_uring_cq_advance(&ring_, seen);
            done += seen;
        }
    }
    [[nodiscard]] const char* name() const override { return "io_uring"; }

private:
    io_uring ring_{};
    bool opened_ = false;
    std::array<msghdr, kMostOps> messages_{};
};

}  // namespace

std::unique_ptr<SendCalls> make_uring_calls() {
    auto calls = std::make_unique<UringCalls>();
    if (!calls->open()) return nullptr;
    return calls;
}

}  // namespace musicspace::relay
