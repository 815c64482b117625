// What an address may do at once and in the long run, and how many addresses are banned.

#include "relay/address_budgets.h"

#include <gtest/gtest.h>

#include <functional>

namespace musicspace::relay {
namespace {

using namespace std::chrono_literals;
using Wait = AddressBudgets::Wait;

constexpr ServerTime kStart = server_time(1'000'000);
const std::string kAda = "203.0.113.1";

// How often `take` gives something at one moment.
template <typename Take>
int all(Take take, ServerTime now) {
    int count = 0;
    while (count < 100'000 && take(now) == Wait::zero()) ++count;
    return count;
}

TEST(AddressBudgets, GiveSoMuchAtOnceAndThenSteadily) {
    AddressBudgets budgets({});
    struct Case {
        const char* what;
        std::function<Wait(ServerTime)> take;
        int at_once;
        std::chrono::milliseconds later;
        int then;
    };
    const Case cases[] = {
        {"commands", [&](ServerTime now) { return budgets.take_command(kAda, 1, now); }, 400, 1s, 100},
        {"kilobytes of text", [&](ServerTime now) { return budgets.take_text(kAda, 1'024, now); }, 2'048, 1s, 256},
        {"megabytes of answers", [&](ServerTime now) { return budgets.take_answer(kAda, 1U << 20U, now); }, 32, 1s, 4},
        {"codes",
         [&](ServerTime now) {
             const Wait wait = budgets.code_wait(kAda, now);
             if (wait == Wait::zero()) budgets.charge_code(kAda, now);
             return wait;
         },
         30, 10s, 5},
        {"members", [&](ServerTime now) { return budgets.take_member(kAda, 7, now); }, 200, 30s, 10},
        {"links", [&](ServerTime now) { return budgets.take_link(kAda, now); }, 120, 5s, 10},
        {"searches", [&](ServerTime now) { return budgets.take_search(kAda, now); }, 60, 10s, 10},
    };
    for (const Case& each : cases) {
        EXPECT_NEAR(all(each.take, kStart), each.at_once, 1) << each.what;
        EXPECT_NEAR(all(each.take, kStart + each.later), each.then, 1) << each.what;
        EXPECT_GT(each.take(kStart + each.later), Wait::zero()) << each.what;
    }
    // Others have their own, and this machine has none.
    EXPECT_EQ(budgets.take_command("203.0.113.2", 400, kStart), Wait::zero());
    EXPECT_EQ(all([&](ServerTime now) { return budgets.take_command({}, 1, now); }, kStart), 100'000);
}

TEST(AddressBudgets, ARoomGetsSoManyMembersWhereverTheyComeFrom) {
    AddressBudgets budgets({});
    int number = 0;
    const auto somebody = [&](ServerTime now) { return budgets.take_member("address " + std::to_string(++number), 7, now); };
    EXPECT_EQ(all(somebody, kStart), 12'000);
    EXPECT_NEAR(all(somebody, kStart + 1s), 20, 1);
    EXPECT_EQ(budgets.take_member(kAda, 8, kStart), Wait::zero());
}

TEST(AddressBans, AreBounded) {
    AddressBans bans;
    for (std::size_t i = 0; i < AddressBans::kMost; ++i) ASSERT_TRUE(bans.add("address " + std::to_string(i)));
    EXPECT_FALSE(bans.add(kAda));
    EXPECT_FALSE(bans.contains(kAda));
    EXPECT_TRUE(bans.add("address 7"));
    EXPECT_TRUE(bans.remove("address 7"));
    EXPECT_TRUE(bans.add(kAda));
}

}  // namespace
}  // namespace musicspace::relay
