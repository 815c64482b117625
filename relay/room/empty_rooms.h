#pragma once
// The rooms that nobody is in and that wait for somebody to come back: which of them goes when there are too many, in number or in bytes,
// of one address or in all. Beyond what one address may have, it is one of its own; beyond what all may have, one of the address that
// has most, so that nobody pushes out the rooms of others. Of an address's, one that was never used goes before one that was, and of
// equals the one that has been empty longest. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "relay/clock.h"

namespace musicspace::relay {

class EmptyRooms {
public:
    struct Limits {
        std::size_t rooms = 5'000;            ///< 0: any number
        std::size_t rooms_per_address = 100;  ///< created from there; 0: any number
        // The length of queues. Without one, 5,000 rooms take some 80 MB; these come on top of that, at up to twice their length.
        std::size_t bytes = std::size_t{64} << 20U;
        std::size_t bytes_per_address = std::size_t{8} << 20U;
    };
    struct Entry {
        std::string address;  ///< it was created from; empty: this machine, or not known, which has no limit of its own
        bool used = false;
        ServerTime since;
        std::size_t bytes = 0;
    };

    explicit EmptyRooms(Limits limits) : limits_(limits) {}

    /// Again for one that is known: what has changed.
    void put(std::int64_t room, const Entry& entry) {
        remove(room);
        count(room, entry, true);
        entries_.emplace(room, entry);
    }
    void remove(std::int64_t room) {
        const auto known = entries_.find(room);
        if (known == entries_.end()) return;
        count(room, known->second, false);
        entries_.erase(known);
    }
    /// The room that has to go for the one that came last, from `address`; nothing while there is room for all.
    [[nodiscard]] std::optional<std::int64_t> surplus(const std::string& address) const {
        const auto own = groups_.find(address);
        if (!address.empty() && own != groups_.end() && exceeds_own(own->second)) return first_of(own->second);
        const bool too_many = (limits_.rooms != 0 && entries_.size() > limits_.rooms) || bytes_ > limits_.bytes;
        if (!too_many || by_weight_.empty()) return std::nullopt;
        return first_of(groups_.at(by_weight_.rbegin()->second));
    }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    using Place = std::tuple<bool, ServerTime, std::int64_t>;
    struct Group {
        std::set<Place> order;  ///< the first goes first
        std::size_t bytes = 0;
    };

    [[nodiscard]] bool exceeds_own(const Group& group) const {
        return (limits_.rooms_per_address != 0 && group.order.size() > limits_.rooms_per_address) ||
               group.bytes > limits_.bytes_per_address;
    }
    [[nodiscard]] static std::int64_t first_of(const Group& group) { return std::get<2>(*group.order.begin()); }
    // A room takes memory even where its queue is empty.
    [[nodiscard]] static std::size_t weight_of(const Group& group) {
        constexpr std::size_t kRoomBytes = 16'000;
        return group.bytes + group.order.size() * kRoomBytes;
    }
    void count(std::int64_t room, const Entry& entry, bool comes) {
        const auto found = groups_.try_emplace(entry.address).first;
        Group& group = found->second;
        by_weight_.erase({weight_of(group), entry.address});
        const Place place{entry.used, entry.since, room};
        if (comes) {
            group.order.insert(place);
            group.bytes += entry.bytes;
            bytes_ += entry.bytes;
        } else {
            group.order.erase(place);
            group.bytes -= entry.bytes;
            bytes_ -= entry.bytes;
        }
        if (group.order.empty()) {
            groups_.erase(found);
        } else {
            by_weight_.emplace(weight_of(group), entry.address);
        }
    }

    const Limits limits_;
    std::unordered_map<std::int64_t, Entry> entries_;
    std::unordered_map<std::string, Group> groups_;  ///< by address, none empty
    std::set<std::pair<std::size_t, std::string>> by_weight_;
    std::size_t bytes_ = 0;
};

}  // namespace musicspace::relay
