#pragma once
// Replies that somebody still has to give. What is given out in their place may be kept by anybody (a job, a queue, another thread's):
// after end() it does nothing, and nothing of a connection lives on in it. A reply that everybody has lost is dropped here too, so that
// its connection learns of it. Owned by main; I/O thread, except that what keep() gave may be destroyed anywhere.

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

#include "relay/http/messages.h"

namespace musicspace::relay {

class PendingReplies {
public:
    using Post = std::function<void(std::function<void()>)>;

    /// `post`: runs a function on the I/O thread, from any thread.
    explicit PendingReplies(Post post) : post_(std::move(post)) {}

    /// Calls `reply` once, at its own first call.
    [[nodiscard]] HttpReply keep(HttpReply reply) {
        const std::uint64_t number = ++last_;
        pending_->emplace(number, std::move(reply));
        const auto handed_out = std::make_shared<const HandedOut>(post_, pending_, number);
        return [handed_out](HttpResponse response) {
            if (auto found = handed_out->take()) found.mapped()(std::move(response));
        };
    }

    /// Forgets them all.
    void end() { pending_->clear(); }

    [[nodiscard]] std::size_t size() const { return pending_->size(); }

private:
    using Pending = std::unordered_map<std::uint64_t, HttpReply>;

    /// What the copies of one reply share; its end is the end of them all.
    class HandedOut {
    public:
        HandedOut(Post post, std::weak_ptr<Pending> pending, std::uint64_t number)
            : post_(std::move(post)), pending_(std::move(pending)), number_(number) {}
        HandedOut(const HandedOut&) = delete;
        HandedOut& operator=(const HandedOut&) = delete;
        ~HandedOut() {
            if (taken_ || pending_.expired()) return;
            try {
                post_([pending = pending_, number = number_] {
                    if (const auto replies = pending.lock()) replies->extract(number);
                });
            } catch (const std::exception&) {  // out of memory: it is forgotten at the end
            }
        }
        [[nodiscard]] Pending::node_type take() const {
            taken_ = true;
            const auto replies = pending_.lock();
            return replies ? replies->extract(number_) : Pending::node_type();
        }

    private:
        const Post post_;
        const std::weak_ptr<Pending> pending_;
        const std::uint64_t number_;
        mutable bool taken_ = false;
    };

    const Post post_;
    std::shared_ptr<Pending> pending_ = std::make_shared<Pending>();
    std::uint64_t last_ = 0;
};

}  // namespace musicspace::relay
