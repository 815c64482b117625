#include "relay/room/roster.h"

#include <gtest/gtest.h>

namespace musicspace::relay {
namespace {

TEST(Roster, PeopleOfOneNameAreToldApart) {
    Roster roster;
    for (const MemberId id : {1, 2, 3}) EXPECT_TRUE(roster.arrive(id, "Ada"));
    EXPECT_EQ(roster.find(2)->label(), "Ada (2)");
    EXPECT_TRUE(roster.depart(2));
    roster.arrive(4, "Ada");
    EXPECT_EQ(roster.find(4)->label(), "Ada (2)") << "the freed one is given again";
    EXPECT_EQ(roster.find(3)->label(), "Ada (3)") << "who stays keeps the name";
    for (const MemberId id : {1, 3, 4}) roster.depart(id);
    roster.arrive(5, "Ada");
    EXPECT_EQ(roster.find(5)->label(), "Ada");
}

TEST(Roster, AMemberWithTwoTabsLeavesWithTheLastOne) {
    Roster roster;
    EXPECT_TRUE(roster.arrive(1, "Ada"));
    EXPECT_FALSE(roster.arrive(1, "Ada"));
    EXPECT_EQ(roster.size(), 1U);
    EXPECT_FALSE(roster.depart(1));
    EXPECT_TRUE(roster.depart(1));
    EXPECT_EQ(roster.size(), 0U);
    EXPECT_FALSE(roster.depart(1)) << "a ghost";
}

TEST(Roster, ShowsTheFirstOnesInOrderOfArrival) {
    Roster roster;
    for (const MemberId id : {7, 3, 9}) roster.arrive(id, "Ben");
    roster.depart(7);
    const auto first = roster.first(5);
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0]->id, 3);
    EXPECT_EQ(roster.first(1).size(), 1U);
}

}  // namespace
}  // namespace musicspace::relay
