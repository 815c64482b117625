#pragma once
// A tier: one bit rate at which a track is sent. Values.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace musicspace::transcoder {

/// Index into the bit rates 24, 48, 96, 160 kbit/s. The top one carries the source's own packets where they pass through.
enum class Tier : std::uint8_t { kbps24, kbps48, kbps96, kbps160 };

inline constexpr std::size_t kTierCount = 4;
inline constexpr std::array<Tier, kTierCount> kAllTiers{Tier::kbps24, Tier::kbps48, Tier::kbps96, Tier::kbps160};

constexpr std::size_t index_of(Tier tier) { return static_cast<std::size_t>(tier); }

constexpr int bits_per_second(Tier tier) {
    constexpr std::array<int, kTierCount> kRates{24'000, 48'000, 96'000, 160'000};
    return kRates[index_of(tier)];
}

/// A set of tiers.
class TierSet {
public:
    constexpr TierSet() = default;
    constexpr TierSet(std::initializer_list<Tier> tiers) {
        for (const Tier tier : tiers) insert(tier);
    }
    constexpr void insert(Tier tier) { bits_ |= bit(tier); }
    constexpr void erase(Tier tier) { bits_ &= static_cast<std::uint8_t>(~bit(tier)); }
    [[nodiscard]] constexpr bool contains(Tier tier) const { return (bits_ & bit(tier)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    friend constexpr bool operator==(TierSet, TierSet) = default;

private:
    static constexpr std::uint8_t bit(Tier tier) { return static_cast<std::uint8_t>(1U << index_of(tier)); }
    std::uint8_t bits_ = 0;
};

}  // namespace musicspace::transcoder
