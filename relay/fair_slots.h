#pragma once
// A number of slots for work that takes a while, shared fairly among keys (addresses). A key may take another slot while more slots are
// free than it holds. So one key gets half of them when nobody else wants any, the next one half of the rest, and so on: however many slow
// jobs one key has, there are slots for others. (Dynamic thresholds: Choudhury and Hahne, 1998.) The empty key, this machine, may take
// every slot. Requests for more wait, a bounded number of each key, and keys are served in turn. Pure, except that it calls back; time is
// an argument. Owned by a shared_ptr, so that Slots may outlive it. I/O thread.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "relay/clock.h"

namespace musicspace::relay {

class FairSlots : public std::enable_shared_from_this<FairSlots> {
public:
    struct Limits {
        std::size_t slots = 1;
        std::size_t waiting = 0;          ///< how many requests may wait in all
        std::size_t waiting_per_key = 0;  ///< how many of one key may wait; of the empty key, any number within the other limit
    };

    /// A slot that is held, or a place in the queue for one. The destructor gives it back.
    class Slot {
    public:
        Slot() = default;
        Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, {})), id_(std::exchange(other.id_, 0)) {}
        Slot& operator=(Slot&& other) noexcept {
            if (this == &other) return *this;
            give_back();
            slots_ = std::exchange(other.slots_, {});
            id_ = std::exchange(other.id_, 0);
            return *this;
        }
        ~Slot() { give_back(); }

        void give_back();

    private:
        friend class FairSlots;
        Slot(std::weak_ptr<FairSlots> slots, std::uint64_t id) : slots_(std::move(slots)), id_(id) {}
        std::weak_ptr<FairSlots> slots_;
        std::uint64_t id_ = 0;
    };

    [[nodiscard]] static std::shared_ptr<FairSlots> make(Limits limits) { return std::shared_ptr<FairSlots>(new FairSlots(limits)); }

    /// A slot at once, or none.
    [[nodiscard]] std::optional<Slot> try_take(const std::string& key);

    /// Callbacks for a request that waits. One of them is called, later than ask() returns, unless the Slot is given back first.
    struct Waiting {
        std::function<void()> start;    ///< the Slot is now held
        std::function<void()> give_up;  ///< the time to wait is over; the Slot stands for nothing any more
    };
    struct Asked {
        Slot slot;
        bool waits = false;
    };
    /// Takes a slot at once, or waits for one until `until`. Nothing when too many requests wait already.
    [[nodiscard]] std::optional<Asked> ask(const std::string& key, ServerTime until, Waiting waiting);

    /// Gives up the requests whose time is over; returns the time at which the next one's is.
    ServerTime expire(ServerTime now);

    [[nodiscard]] std::size_t held() const { return holders_.size(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_; }

private:
    struct Request {
        std::uint64_t id = 0;
        ServerTime until;
        Waiting waiting;
    };

    explicit FairSlots(Limits limits) : limits_(limits) {}
    [[nodiscard]] bool may_take(const std::string& key) const;
    std::uint64_t hold(const std::string& key, std::uint64_t id);
    void give_back(std::uint64_t id);
    [[nodiscard]] std::optional<Request> remove_waiting(std::uint64_t id);
    void serve_waiting();

    const Limits limits_;
    std::uint64_t last_id_ = 0;
    std::unordered_map<std::uint64_t, std::string> holders_;      ///< keys, by the ids of slots that are held
    std::unordered_map<std::string, std::size_t> held_by_;        ///< number of held slots by key; never 0
    std::unordered_map<std::string, std::deque<Request>> lines_;  ///< waiting requests by key; no queue is empty
    std::list<std::string> turns_;                                ///< the keys of lines_; the first one has the next turn
    std::size_t waiting_ = 0;
};

}  // namespace musicspace::relay
