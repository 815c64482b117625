#include "relay/broadcast/sender.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "relay/broadcast/outbox.h"
#include "relay/broadcast/prefetch.h"

namespace musicspace::relay {

namespace {

constexpr std::size_t kAhead = 4;  // outboxes lie all over the memory: the next ones are fetched meanwhile

class PlainCalls : public SendCalls {
public:
    void send(std::span<SendOp> ops) override {
        for (SendOp& op : ops) {
            if (op.parts.size() == 1) {
                op.result = ::send(op.socket, op.parts[0].iov_base, op.parts[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
            } else {
                msghdr message{};
                message.msg_iov = op.parts.data();
                message.msg_iovlen = op.parts.size();
                op.result = ::sendmsg(op.socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
            }
            if (op.result < 0) op.result = -errno;
        }
    }
    [[nodiscard]] const char* name() const override { return "send"; }
};

}  // namespace

std::unique_ptr<SendCalls> make_plain_calls() { return std::make_unique<PlainCalls>(); }

void Sender::add(Outbox& outbox) {
    pending_.push_back(&outbox);
    if (asked_) return;
    asked_ = true;
    soon_();
}

void Sender::remove(Outbox& outbox) {
    for (auto* list : {&pending_, &round_}) std::ranges::replace(*list, &outbox, static_cast<Outbox*>(nullptr));
}

void Sender::flush() {
    while (!pending_.empty()) {
        round_.clear();
        round_.swap(pending_);
        for (std::size_t first = 0; first < round_.size(); first += SendCalls::kMostOps)
            send_round(std::span(round_).subspan(first, std::min(SendCalls::kMostOps, round_.size() - first)));
    }
    round_.clear();
    asked_ = false;
}

void Sender::send_round(std::span<Outbox*> outboxes) {
    parts_.resize(SendCalls::kMostOps);
    ops_.clear();
    const ServerTime now = ServerClock::now();
    for (std::size_t i = 0; i < outboxes.size(); ++i) {
        if (i + kAhead < outboxes.size()) prefetch(outboxes[i + kAhead]);
        Outbox* const outbox = outboxes[i];
        if (outbox == nullptr) continue;
        outbox->pending_ = false;
        const std::size_t count = outbox->gather(parts_[ops_.size()], now);
        if (count == 0) continue;
        outboxes[ops_.size()] = outbox;  // those who send stand first, each beside its op
        ops_.push_back({outbox->socket(), std::span(parts_[ops_.size()]).first(count), 0});
    }
    if (ops_.empty()) return;
    calls_->send(ops_);
    for (std::size_t i = 0; i < ops_.size(); ++i) {
        if (i + kAhead < ops_.size()) prefetch(outboxes[i + kAhead]);
        // What follows from one may end another.
        if (outboxes[i] != nullptr) outboxes[i]->taken(ops_[i].result);
    }
}

}  // namespace musicspace::relay
