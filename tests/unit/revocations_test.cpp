// Tokens that end before their time, tries of passwords, and whom a room has heard from.

#include "relay/auth/revocations.h"

#include <gtest/gtest.h>

#include "relay/auth/sign_in_tries.h"
#include "relay/room/admitted.h"

namespace musicspace::relay {
namespace {

constexpr std::int64_t kDay = 24 * 60 * 60;

int good(SignInTries::Wait wait) { return wait == SignInTries::Wait::zero() ? 1 : 0; }

TEST(Revocations, EndOneSessionOrAllOfAnAccount) {
    Revocations revocations;
    EXPECT_FALSE(revocations.ended({}));
    revocations.end_session(7, 100, 1'000);
    EXPECT_TRUE(revocations.ended({7, 100, 0}));
    EXPECT_FALSE(revocations.ended({7, 101, 0}));
    EXPECT_FALSE(revocations.ended({8, 100, 0}));
    revocations.end_account(7, 3, 1'000);
    EXPECT_TRUE(revocations.ended({7, 101, 2}));
    EXPECT_FALSE(revocations.ended({7, 102, 3}));
    EXPECT_FALSE(revocations.ended({8, 101, 0}));
    EXPECT_EQ(revocations.size(), 1U);  // the session's is in it
    revocations.end_account(7, 2, 1'000);
    EXPECT_TRUE(revocations.ended({7, 101, 2}));
    revocations.end_account(7, INT64_MAX, 1'000);
    EXPECT_TRUE(revocations.ended({7, 102, 3}));
}

TEST(Revocations, AreForgottenWhenEveryTokenHasExpired) {
    Revocations revocations;
    revocations.end_session(7, 100, kDay);
    revocations.end_account(8, 1, kDay);
    revocations.end_session(9, 100, 30 * kDay);
    EXPECT_TRUE(revocations.ended({7, 100, 0}));
    EXPECT_TRUE(revocations.ended({8, 100, 0}));
    revocations.end_session(9, 101, 31 * kDay);
    EXPECT_FALSE(revocations.ended({7, 100, 0}));
    EXPECT_FALSE(revocations.ended({8, 100, 0}));
    EXPECT_TRUE(revocations.ended({9, 100, 0}));
    EXPECT_EQ(revocations.size(), 2U);
}

TEST(SignInTries, AreCountedByAddressAndAccount) {
    const auto now = server_time(5'000'000);
    SignInTries tries;
    int taken = 0;
    for (int i = 0; i < 20; ++i) taken += good(tries.take("203.0.113.1", "ada", now));
    EXPECT_EQ(taken, 10);
    // Other names from there are fewer than ten each.
    for (int i = 0; i < 40; ++i) taken += good(tries.take("203.0.113.1", "name " + std::to_string(i), now));
    EXPECT_LE(taken, 30);
    EXPECT_EQ(good(tries.take("203.0.113.2", "ada", now)), 1);
    EXPECT_EQ(good(tries.take("203.0.113.1", "ada", now + std::chrono::seconds(61))), 1);
}

TEST(SignInTries, ManyAddressesTogetherGuessNoMoreThanAHundredTimesAndLockNoOwnerOut) {
    const auto now = server_time(5'000'000);
    SignInTries tries;
    int taken = 0;
    for (int i = 0; i < 1'000; ++i) taken += good(tries.take("address " + std::to_string(i), "ada", now));
    EXPECT_EQ(taken, 100);
    taken = 0;
    for (int i = 0; i < 20; ++i) taken += good(tries.take_of_device(42, now));
    EXPECT_EQ(taken, 10);
}

TEST(Admitted, KnowsThoseItHeardFromLast) {
    Admitted admitted;
    for (MemberId id = 1; id <= static_cast<MemberId>(Admitted::kMost); ++id) admitted.note(id, "Guest", "");
    admitted.note(1, "Guest", "203.0.113.1");
    admitted.note(9'999, "Late", "");
    EXPECT_EQ(admitted.newest().size(), Admitted::kMost);
    ASSERT_NE(admitted.find(1), nullptr);
    EXPECT_EQ(admitted.find(1)->address, "203.0.113.1");
    EXPECT_EQ(admitted.find(2), nullptr);
    EXPECT_EQ(admitted.newest().front().id, 9'999);
}

}  // namespace
}  // namespace musicspace::relay
