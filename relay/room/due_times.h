#pragma once
// A schedule of visits: finding the keys that are due costs nothing for the others. Pure.

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "relay/clock.h"

namespace musicspace::relay {

template <typename Key>
class DueTimes {
public:
    /// No later than at `time`.
    void by(const Key& key, ServerTime time) {
        const auto known = times_.find(key);
        if (known == times_.end() || time < known->second) set(key, time);
    }
    /// Exactly at `time`.
    void set(const Key& key, ServerTime time) {
        remove(key);
        if (time == ServerTime::max()) return;
        times_.emplace(key, time);
        order_.emplace(time, key);
    }
    void remove(const Key& key) {
        const auto known = times_.find(key);
        if (known == times_.end()) return;
        order_.erase({known->second, key});
        times_.erase(known);
    }
    /// The next that is due at `now`; it wants no visit any more until it is set anew.
    [[nodiscard]] std::optional<Key> take(ServerTime now) {
        if (order_.empty() || order_.begin()->first > now) return std::nullopt;
        Key key = order_.begin()->second;
        remove(key);
        return key;
    }
    [[nodiscard]] ServerTime next() const { return order_.empty() ? ServerTime::max() : order_.begin()->first; }
    [[nodiscard]] std::size_t size() const { return times_.size(); }

private:
    std::set<std::pair<ServerTime, Key>> order_;
    std::unordered_map<Key, ServerTime> times_;
};

}  // namespace musicspace::relay
