#pragma once
// Replies that somebody still has to give. What is given out in their place may be kept by anybody (a job, a queue, another thread's):
// after end() it does nothing, and nothing of a connection lives on in it. Owned by main; I/O thread, except that what keep() gave
// may be destroyed anywhere.

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "relay/http/messages.h"

namespace musicspace::relay {

class PendingReplies {
public:
    /// Calls `reply` once, at its own first call.
    [[nodiscard]] HttpReply keep(HttpReply reply) {
        const std::uint64_t number = ++last_;
        pending_->emplace(number, std::move(reply));
        return [pending = std::weak_ptr(pending_), number](HttpResponse response) {
            const auto replies = pending.lock();
            auto found = replies ? replies->extract(number) : Pending::node_type();
            if (found) found.mapped()(std::move(response));
        };
    }

    /// Forgets them all.
    void end() { pending_->clear(); }

    [[nodiscard]] std::size_t size() const { return pending_->size(); }

private:
    using Pending = std::unordered_map<std::uint64_t, HttpReply>;
    std::shared_ptr<Pending> pending_ = std::make_shared<Pending>();
    std::uint64_t last_ = 0;
};

}  // namespace musicspace::relay
