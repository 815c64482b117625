#pragma once
// The rooms that nobody is in and that wait for somebody to come back: which of them goes when there are too many, in all, of one
// address, or in bytes. One that was never used goes before one that was, and of equals the one that has been empty longest. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include "relay/clock.h"

namespace musicspace::relay {

class EmptyRooms {
public:
    struct Limits {
        std::size_t rooms = 5'000;                    ///< 0: any number
        std::size_t rooms_per_address = 100;          ///< created from there; 0: any number
        std::size_t bytes = std::size_t{256} << 20U;  ///< of queues, in all
    };
    struct Entry {
        std::string address;  ///< it was created from; empty: one that has no limit
        bool used = false;
        ServerTime since;
        std::size_t bytes = 0;
    };

    explicit EmptyRooms(Limits limits) : limits_(limits) {}

    /// Again for one that is known: what has changed.
    void put(std::int64_t room, const Entry& entry) {
        remove(room);
        order_.insert(place_of(room, entry));
        if (!entry.address.empty()) by_address_[entry.address].insert(place_of(room, entry));
        bytes_ += entry.bytes;
        entries_.emplace(room, entry);
    }
    void remove(std::int64_t room) {
        const auto known = entries_.find(room);
        if (known == entries_.end()) return;
        const Entry& entry = known->second;
        order_.erase(place_of(room, entry));
        if (const auto same = by_address_.find(entry.address); same != by_address_.end()) {
            same->second.erase(place_of(room, entry));
            if (same->second.empty()) by_address_.erase(same);
        }
        bytes_ -= entry.bytes;
        entries_.erase(known);
    }
    /// The room that has to go for the one that came last, from `address`; nothing while there is room for all.
    [[nodiscard]] std::optional<std::int64_t> surplus(const std::string& address) const {
        const auto same = by_address_.find(address);
        if (limits_.rooms_per_address != 0 && same != by_address_.end() && same->second.size() > limits_.rooms_per_address)
            return std::get<2>(*same->second.begin());
        const bool too_many = limits_.rooms != 0 && order_.size() > limits_.rooms;
        if ((too_many || bytes_ > limits_.bytes) && !order_.empty()) return std::get<2>(*order_.begin());
        return std::nullopt;
    }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    using Place = std::tuple<bool, ServerTime, std::int64_t>;
    static Place place_of(std::int64_t room, const Entry& entry) { return {entry.used, entry.since, room}; }

    const Limits limits_;
    std::unordered_map<std::int64_t, Entry> entries_;
    std::set<Place> order_;  ///< the first goes first
    std::unordered_map<std::string, std::set<Place>> by_address_;
    std::size_t bytes_ = 0;
};

}  // namespace musicspace::relay
