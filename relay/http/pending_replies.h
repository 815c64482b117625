#pragma once
// Replies that are still to be given. The handlers get stand-ins for them, which anybody may keep (a job, a queue, another thread): after
// end() a stand-in does nothing, and it never keeps a connection alive. When all copies of a stand-in are gone unused, its reply is dropped
// here too, so that the connection can answer. Owned by main; I/O thread, except that stand-ins may be destroyed on any thread.

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

    /// Keeps `reply`, and returns its stand-in, whose first call calls it.
    [[nodiscard]] HttpReply keep(HttpReply reply) {
        const std::uint64_t number = ++last_;
        pending_->emplace(number, std::move(reply));
        const auto handed_out = std::make_shared<const HandedOut>(post_, pending_, number);
        return [handed_out](HttpResponse response) {
            if (auto found = handed_out->take()) found.mapped()(std::move(response));
        };
    }

    /// Forgets all replies.
    void end() { pending_->clear(); }

    [[nodiscard]] std::size_t size() const { return pending_->size(); }

private:
    using Pending = std::unordered_map<std::uint64_t, HttpReply>;

    /// The part that all copies of one stand-in share; it is destroyed with the last of them.
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
            } catch (const std::exception&) {  // out of memory: the reply stays until end()
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
