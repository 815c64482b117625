#include "relay/room/rate_class.h"

#include <gtest/gtest.h>

namespace musicspace::relay {
namespace {

TEST(RateClass, ChargesForTheQueueWhatItIsLong) {
    std::vector<QueueItem> queue(500);
    for (QueueItem& item : queue) item.listed = {std::string(2'000, 'x'), std::string(300, 't'), std::string(300, 'a'), {}};
    const std::size_t bytes = text_bytes(queue);
    EXPECT_GT(bytes, 1'300'000U);
    EXPECT_GT(cost_of(rate_class_of(ShuffleQueue{}), bytes), 300U);
    EXPECT_GT(cost_of(rate_class_of(Vote{}), bytes), 300U);
    EXPECT_LT(cost_of(rate_class_of(ShuffleQueue{}), text_bytes({queue.begin(), queue.begin() + 3})), 5U);
    EXPECT_EQ(cost_of(rate_class_of(Pause{}), bytes), 1U);
    EXPECT_EQ(cost_of(rate_class_of(Say{}), bytes), 1U);
}

TEST(RateClass, IsThatOfTheCommand) {
    EXPECT_EQ(rate_class_of(PlayLink{}), RateClass::link);
    EXPECT_EQ(rate_class_of(AddToQueue{}), RateClass::link);
    EXPECT_EQ(rate_class_of(PlayItem{}), RateClass::link);
    EXPECT_EQ(rate_class_of(AddManyToQueue{}), RateClass::queue);
    EXPECT_EQ(rate_class_of(MoveInQueue{}), RateClass::queue);
    EXPECT_EQ(rate_class_of(VoteSkip{}), RateClass::light);
    EXPECT_EQ(rate_class_of(React{}), RateClass::talk);
    EXPECT_EQ(rate_class_of(SetMetronome{}), RateClass::light);
    EXPECT_EQ(rate_class_of(Close{}), RateClass::light);
}

}  // namespace
}  // namespace musicspace::relay
