#pragma once
// Limits how much each of many keys (addresses, accounts, rooms) may do within a time. A call costs the same however many keys there are.
// Keys are kept as keyed hashes, so that their length does not matter and nobody can choose two that collide. A bounded number of them is
// kept; beyond that the least recently used one is forgotten. Pure: time is an argument.
// The algorithm is GCRA (ITU-T I.371): for each key it keeps the time at which the key's allowance will be whole again. A key may spend
// `most` at once, and gets that back over `window`.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "relay/clock.h"

namespace musicspace::relay {

/// SipHash of `text` with a random key that this process made at its start.
[[nodiscard]] std::uint64_t keyed_hash(std::string_view text);

class RateTable {
public:
    static constexpr std::size_t kMostKeys = 1U << 16U;  // some 5 MB

    /// Each key may spend `most` units within `window`; 0: any number.
    RateTable(std::uint64_t most, ServerClock::duration window, std::size_t most_keys);

    /// How long `key` has to wait until it may spend `cost`; zero: it may now. A cost above `most` may be spent once the allowance is
    /// whole.
    [[nodiscard]] ServerClock::duration wait(std::uint64_t key, std::uint64_t cost, ServerTime now) const;
    /// Spends `cost`, whether the allowance is large enough or not: a debt makes later waits longer.
    void charge(std::uint64_t key, std::uint64_t cost, ServerTime now);
    [[nodiscard]] std::size_t size() const { return places_.size(); }

private:
    struct Entry {
        std::uint64_t key = 0;
        std::chrono::nanoseconds whole_at{0};
    };
    [[nodiscard]] std::chrono::nanoseconds price(std::uint64_t units) const;
    void forget_old(std::chrono::nanoseconds now);

    const std::uint64_t most_;
    const std::chrono::nanoseconds window_;
    const std::size_t most_keys_;
    std::list<Entry> entries_;  ///< the most recently used first
    std::unordered_map<std::uint64_t, std::list<Entry>::iterator> places_;
};

template <typename Key>
class RateLimit {
public:
    RateLimit(std::uint64_t most, std::chrono::seconds window, std::size_t most_keys = RateTable::kMostKeys)
        : table_(most, window, most_keys) {}

    /// Spends one unit and returns true if `key` has one at `now`; else returns false.
    [[nodiscard]] bool take(const Key& key, ServerTime now) { return spend(key, 1, now) == ServerClock::duration::zero(); }
    /// Spends `cost` and returns zero if `key` may; else spends nothing, and returns how long to wait.
    [[nodiscard]] ServerClock::duration spend(const Key& key, std::uint64_t cost, ServerTime now) {
        const std::uint64_t hash = hash_of(key);
        const auto wait = table_.wait(hash, cost, now);
        if (wait == ServerClock::duration::zero()) table_.charge(hash, cost, now);
        return wait;
    }
    [[nodiscard]] ServerClock::duration wait(const Key& key, std::uint64_t cost, ServerTime now) const {
        return table_.wait(hash_of(key), cost, now);
    }
    void charge(const Key& key, std::uint64_t cost, ServerTime now) { table_.charge(hash_of(key), cost, now); }
    [[nodiscard]] std::size_t size() const { return table_.size(); }

private:
    [[nodiscard]] static std::uint64_t hash_of(const Key& key) {
        if constexpr (std::is_integral_v<Key>) {
            return keyed_hash({reinterpret_cast<const char*>(&key), sizeof(key)});
        } else {
            return keyed_hash(key);
        }
    }

    RateTable table_;
};

}  // namespace musicspace::relay
