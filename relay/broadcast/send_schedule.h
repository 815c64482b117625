#pragma once
// Who is to be visited when. Listeners of one due time lie in one list, so that a tick touches those alone who are due, however many
// there are. Owned by one Room, I/O thread. Knows nothing of the clock.

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "relay/broadcast/prefetch.h"
#include "relay/clock.h"

namespace musicspace::relay {

/// Base of what is scheduled; takes itself off the list with its end.
class Scheduled {
public:
    Scheduled() = default;
    Scheduled(const Scheduled&) = delete;
    Scheduled& operator=(const Scheduled&) = delete;
    ~Scheduled() { unschedule(); }

    void unschedule() {
        if (list_ == nullptr) return;
        Scheduled* const last = list_->back();
        (*list_)[place_] = last;
        last->place_ = place_;
        list_->pop_back();
        list_ = nullptr;
    }

private:
    friend class SendSchedule;
    std::vector<Scheduled*>* list_ = nullptr;
    std::size_t place_ = 0;
};

class SendSchedule {
public:
    SendSchedule() = default;
    SendSchedule(const SendSchedule&) = delete;
    SendSchedule& operator=(const SendSchedule&) = delete;
    ~SendSchedule() {
        for (const auto& [time, list] : lists_) forget(list);
        forget(waiting_);
    }

    /// Its other appointment, if it had one, is off.
    void at(Scheduled& one, ServerTime time) { put(one, lists_[time]); }
    /// Until wake_waiting(): for what has no time yet.
    void wait(Scheduled& one) { put(one, waiting_); }

    void wake_waiting(ServerTime now) {
        while (!waiting_.empty()) at(*waiting_.back(), now);
    }
    /// Of those who have a time; there may be nobody any more.
    [[nodiscard]] std::optional<ServerTime> next_due() const {
        return lists_.empty() ? std::nullopt : std::optional(lists_.begin()->first);
    }
    /// The next one that is due; null when nobody is.
    [[nodiscard]] Scheduled* take_due(ServerTime now) {
        while (!lists_.empty() && lists_.begin()->first <= now) {
            auto& list = lists_.begin()->second;
            if (list.empty()) {
                lists_.erase(lists_.begin());
                continue;
            }
            Scheduled* const one = list.back();
            if (list.size() > kAhead) prefetch(list[list.size() - 1 - kAhead]);
            one->unschedule();
            return one;
        }
        return nullptr;
    }

private:
    static constexpr std::size_t kAhead = 3;
    static void forget(const std::vector<Scheduled*>& list) {
        for (Scheduled* one : list) one->list_ = nullptr;
    }
    static void put(Scheduled& one, std::vector<Scheduled*>& list) {
        one.unschedule();
        one.list_ = &list;
        one.place_ = list.size();
        list.push_back(&one);
    }
    std::map<ServerTime, std::vector<Scheduled*>> lists_;  // a list's address stays as long as it is there
    std::vector<Scheduled*> waiting_;
};

}  // namespace musicspace::relay
