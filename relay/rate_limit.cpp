#include "relay/rate_limit.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace musicspace::relay {

namespace {

using HashKey = std::array<unsigned char, crypto_shorthash_KEYBYTES>;

HashKey random_key() {
    if (sodium_init() < 0) throw std::runtime_error("The system's random source does not work.");
    HashKey key{};
    crypto_shorthash_keygen(key.data());
    return key;
}

std::chrono::nanoseconds since_start(ServerTime time) { return time.time_since_epoch(); }

}  // namespace

std::uint64_t keyed_hash(std::string_view text) {
    static const HashKey kKey = random_key();
    std::array<unsigned char, crypto_shorthash_BYTES> hash{};
    crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), kKey.data());
    std::uint64_t number = 0;
    for (const unsigned char byte : hash) number = number << 8U | byte;
    return number;
}

RateTable::RateTable(std::uint64_t most, ServerClock::duration window, std::size_t most_keys)
    : most_(most), window_(window), most_keys_(std::max<std::size_t>(1, most_keys)) {}

// Multiplies before it divides, because the price of one unit may be less than a nanosecond. The largest product is some 10^17.
std::chrono::nanoseconds RateTable::price(std::uint64_t units) const {
    const auto product = static_cast<double>(window_.count()) * static_cast<double>(units) / static_cast<double>(most_);
    return std::chrono::nanoseconds(static_cast<std::int64_t>(product));
}

ServerClock::duration RateTable::wait(std::uint64_t key, std::uint64_t cost, ServerTime now) const {
    if (most_ == 0) return {};
    const auto place = places_.find(key);
    if (place == places_.end()) return {};
    const auto owed = place->second->whole_at - since_start(now);
    const auto missing = owed - (window_ - price(std::min(cost, most_)));
    return missing.count() <= 0 ? ServerClock::duration::zero() : std::chrono::ceil<ServerClock::duration>(missing);
}

void RateTable::charge(std::uint64_t key, std::uint64_t cost, ServerTime now) {
    if (most_ == 0) return;
    const auto time = since_start(now);
    const auto [place, is_new] = places_.try_emplace(key);
    if (is_new) {
        entries_.push_front({key, time});
        place->second = entries_.begin();
    } else {
        entries_.splice(entries_.begin(), entries_, place->second);
    }
    Entry& entry = entries_.front();
    entry.whole_at = std::max(entry.whole_at, time) + price(cost);
    forget_old(time);
}

// Forgets up to two old keys for each new charge, so that the number of keys that no longer matter stays small.
void RateTable::forget_old(std::chrono::nanoseconds now) {
    for (int i = 0; i < 2 && entries_.size() > 1; ++i) {
        if (entries_.back().whole_at > now && entries_.size() <= most_keys_) return;
        places_.erase(entries_.back().key);
        entries_.pop_back();
    }
}

}  // namespace musicspace::relay
