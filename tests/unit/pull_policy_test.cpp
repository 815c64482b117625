// ByteRanges against a plain model, and what a spool pulls, drops and does when pulling fails.

#include "transcoder/source/pull_policy.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace musicspace::transcoder {
namespace {

using std::chrono::milliseconds;
using Kind = TransferFailure::Kind;
using Way = Recovery::Way;

TEST(ByteRanges, AgreeWithAModel) {
    constexpr std::int64_t kSize = 64;
    for (unsigned seed = 1; seed <= 300; ++seed) {
        std::mt19937 dice(seed);
        ByteRanges ranges;
        std::vector<bool> model(kSize, false);
        for (int step = 0; step < 40; ++step) {
            const auto from = static_cast<std::int64_t>(dice() % kSize);
            const auto to = static_cast<std::int64_t>(dice() % (kSize + 1));
            const bool add = dice() % 3 != 0;
            add ? ranges.add(from, to) : ranges.remove(from, to);
            for (std::int64_t i = from; i < to; ++i) model[static_cast<std::size_t>(i)] = add;
            ASSERT_EQ(ranges.total(), std::count(model.begin(), model.end(), true)) << "seed " << seed;
            for (std::int64_t at = 0; at < kSize; ++at) {
                std::int64_t end = at;
                while (end < kSize && model[static_cast<std::size_t>(end)]) ++end;
                ASSERT_EQ(ranges.end_of_run(at), end) << "seed " << seed << " at " << at;
            }
        }
    }
}

TEST(ByteRanges, JoinNeighbours) {
    ByteRanges ranges;
    ranges.add(0, 10);
    ranges.add(20, 30);
    ranges.add(10, 20);
    EXPECT_EQ(ranges.runs(), 1U);
    EXPECT_EQ(ranges.next_run(1), std::nullopt);
}

ByteRanges held(std::initializer_list<std::pair<std::int64_t, std::int64_t>> runs) {
    ByteRanges ranges;
    for (const auto& [from, to] : runs) ranges.add(from, to);
    return ranges;
}

TEST(NextPull, WhatAReaderWaitsForComesFirstAndEndsWhereBytesAreKnown) {
    const auto have = held({{0, 100}, {500, 600}});
    EXPECT_EQ(next_pull({.have = have, .size = 1000, .waited_for = 300, .reader_at = 50}, {}), (Pull{300, 500}));
    EXPECT_EQ(next_pull({.have = have, .size = 1000, .waited_for = 700, .reader_at = 50}, {}), (Pull{700, std::nullopt}));
    EXPECT_EQ(next_pull({.have = have, .size = 1000, .reader_at = 50}, {}), (Pull{100, 500}));
}

TEST(NextPull, FillsTheHolesOfWhatMayBeKept) {
    const auto have = held({{0, 100}, {500, 1000}});
    EXPECT_EQ(next_pull({.have = have, .size = 1000, .reader_at = 800}, {}), (Pull{100, 500}));
    EXPECT_EQ(next_pull({.have = have, .size = 1000, .reader_at = 800}, {.bytes = 900}), std::nullopt);
    EXPECT_EQ(next_pull({.have = held({{0, 1000}}), .size = 1000, .reader_at = 800}, {}), std::nullopt);
}

TEST(NextPull, RunsNoFurtherAheadThanAllowed) {
    const auto have = held({{0, 200}});
    EXPECT_EQ(next_pull({.have = have, .size = 1'000'000, .reader_at = 50}, {.ahead = 100}), std::nullopt);
    EXPECT_EQ(next_pull({.have = have, .size = 1'000'000, .reader_at = 150}, {.ahead = 100}), (Pull{200, std::nullopt}));
    EXPECT_EQ(next_pull({.have = have, .size = 1'000'000, .waited_for = 200, .reader_at = 50}, {.ahead = 100}), (Pull{200, std::nullopt}));
}

TEST(NextDiscard, LetsGoWhatIsFarBehindThenWhatNobodyIsAt) {
    const SpoolLimits limits{.bytes = 500, .ahead = 200, .behind = 100};
    EXPECT_EQ(next_discard({.have = held({{0, 500}}), .size = 9000, .reader_at = 400}, limits), std::nullopt);
    EXPECT_EQ(next_discard({.have = held({{0, 600}}), .size = 9000, .reader_at = 400}, limits), (Pull{0, 100}));
    EXPECT_EQ(next_discard({.have = held({{0, 400}, {800, 1100}}), .size = 9000, .reader_at = 50}, limits), (Pull{800, 1000}));
    EXPECT_EQ(next_discard({.have = held({{100, 300}, {8000, 8400}}), .size = 9000, .waited_for = 300, .reader_at = 8400}, limits),
              (Pull{100, 200}));
}

TEST(Recovery, ATransientBreakIsTriedAgainAtOnceThenWithGrowingPauses) {
    milliseconds last{-1};
    for (int fruitless = 1; fruitless < 6; ++fruitless) {
        const Recovery recovery = recovery_after({.kind = Kind::broken}, {.fruitless = fruitless, .any_bytes = true});
        EXPECT_EQ(recovery.way, Way::again);
        EXPECT_GT(recovery.after, last);
        last = recovery.after;
    }
    EXPECT_EQ(recovery_after({.kind = Kind::broken}, {.fruitless = 6, .any_bytes = true}).way, Way::give_up);
}

TEST(Recovery, WhoWaitsForALinkIsAnsweredSoon) {
    EXPECT_EQ(recovery_after({.kind = Kind::broken}, {.fruitless = 3}).way, Way::give_up);
    EXPECT_EQ(recovery_after({.kind = Kind::stalled}, {.fruitless = 1}).way, Way::give_up);
}

TEST(Recovery, AnExpiredAddressIsResolvedAnewAFewTimes) {
    const TransferFailure gone{.kind = Kind::gone, .status = 403};
    EXPECT_EQ(recovery_after(gone, {.fruitless = 1, .any_bytes = true}).way, Way::resolve_again);
    EXPECT_EQ(recovery_after(gone, {.fruitless = 2, .resolved = 1, .any_bytes = true}).way, Way::resolve_again);
    EXPECT_EQ(recovery_after(gone, {.fruitless = 3, .resolved = 2, .any_bytes = true}).way, Way::give_up);
}

TEST(Recovery, AHostThatIsGoneMayHaveMoved) {
    const TransferFailure away{.kind = Kind::unreachable};
    EXPECT_EQ(recovery_after(away, {.fruitless = 1, .any_bytes = true}).way, Way::again);
    EXPECT_EQ(recovery_after(away, {.fruitless = 2, .any_bytes = true}).way, Way::resolve_again);
    EXPECT_EQ(recovery_after(away, {.fruitless = 2, .any_bytes = false}).way, Way::again);
    EXPECT_EQ(recovery_after(away, {.fruitless = 6, .resolved = 2, .any_bytes = true}).way, Way::again);
    EXPECT_EQ(recovery_after(away, {.fruitless = 8, .resolved = 2, .any_bytes = true}).way, Way::give_up);
}

TEST(Recovery, ASitesWishToBeLeftAloneIsRespectedWithinReason) {
    TransferFailure busy{.kind = Kind::busy, .status = 429, .retry_after = std::chrono::seconds(3)};
    EXPECT_EQ(recovery_after(busy, {.fruitless = 1, .any_bytes = true}).after, milliseconds(3000));
    busy.retry_after = std::chrono::seconds(3600);
    EXPECT_EQ(recovery_after(busy, {.fruitless = 1, .any_bytes = true}).after, milliseconds(30'000));
    busy.retry_after.reset();
    EXPECT_GT(recovery_after(busy, {.fruitless = 1, .any_bytes = true}).after, milliseconds(0));
}

TEST(Recovery, WhatIsForbiddenIsNotTriedAgain) {
    EXPECT_EQ(recovery_after({.kind = Kind::forbidden}, {.fruitless = 1}).way, Way::give_up);
    EXPECT_EQ(recovery_after({.kind = Kind::refused, .status = 400}, {.fruitless = 1}).way, Way::give_up);
}

}  // namespace
}  // namespace musicspace::transcoder
