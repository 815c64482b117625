#pragma once
// Connections that have not said hello yet, and until when they may. One for all of them, I/O thread; time is an argument. A connection
// that ends takes its entry along: nothing of it is kept.

#include <chrono>
#include <functional>
#include <iterator>
#include <list>
#include <utility>

#include "relay/clock.h"

namespace musicspace::relay {

class HelloWatch {
public:
    class Ticket;

    /// `overdue` is called once, ten seconds after `now`, unless the ticket has gone by then. The watch outlives its tickets.
    void expect(Ticket& ticket, ServerTime now, std::function<void()> overdue);
    void tick(ServerTime now);
    [[nodiscard]] std::size_t size() const { return expected_.size(); }

private:
    struct Expected {
        ServerTime until;
        std::function<void()> overdue;
        Ticket* ticket;
    };
    static constexpr std::chrono::seconds kPatience{10};
    std::list<Expected> expected_;  ///< the longest expected first
};

/// A place in the watch, for as long as this lives or until it is overdue.
class HelloWatch::Ticket {
public:
    Ticket() = default;
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() { give_up(); }

    void give_up() {
        if (watch_ != nullptr) std::exchange(watch_, nullptr)->expected_.erase(entry_);
    }

private:
    friend class HelloWatch;
    HelloWatch* watch_ = nullptr;
    std::list<Expected>::iterator entry_;
};

inline void HelloWatch::expect(Ticket& ticket, ServerTime now, std::function<void()> overdue) {
    ticket.give_up();
    expected_.push_back({now + kPatience, std::move(overdue), &ticket});
    ticket.watch_ = this;
    ticket.entry_ = std::prev(expected_.end());
}

inline void HelloWatch::tick(ServerTime now) {
    while (!expected_.empty() && expected_.front().until <= now) {
        const auto overdue = std::move(expected_.front().overdue);
        expected_.front().ticket->give_up();
        overdue();
    }
}

}  // namespace musicspace::relay
