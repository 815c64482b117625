#include "transcoder/source/spool_space.h"

#include <gtest/gtest.h>

namespace musicspace::transcoder {
namespace {

constexpr std::int64_t kMega = 1 << 20;
constexpr std::int64_t kGiga = 1 << 30;

TEST(SpoolSpace, GivesWhatIsLeftOfTheTotal) {
    EXPECT_EQ(space_left({.total = 100 * kMega, .used = 30 * kMega}, 0).bytes, 70 * kMega);
    EXPECT_EQ(space_left({.total = 100 * kMega, .used = 130 * kMega}, 0).bytes, -30 * kMega);
}

TEST(SpoolSpace, TheLastQuarterIsForSmallSpools) {
    const SpaceSituation busy{.total = 100 * kMega, .used = 80 * kMega};
    EXPECT_EQ(space_left(busy, kSmallSpool).bytes, 0);
    EXPECT_EQ(space_left(busy, kSmallSpool - 1).bytes, 20 * kMega);
}

TEST(SpoolSpace, LeavesAPartOfTheDiskFree) {
    const auto left = [](std::int64_t size, std::int64_t free) {
        return space_left({.total = 100 * kGiga, .used = 0, .disk = DiskSpace{size, free}}, 0);
    };
    EXPECT_EQ(left(1000 * kGiga, 3 * kGiga).bytes, 2 * kGiga);
    EXPECT_EQ(left(2 * kGiga, 2 * kGiga).bytes, 2 * kGiga - 2 * kGiga / kKeptFreePart);
    EXPECT_EQ(left(1000 * kGiga, kGiga / 2).bytes, 0);
    EXPECT_TRUE(left(1000 * kGiga, kGiga / 2).disk_is_full);
    EXPECT_FALSE(left(1000 * kGiga, 900 * kGiga).disk_is_full);
}

TEST(SpoolSpace, CountsWhatIsTakenAndGivenBack) {
    SpoolSpace space(10 * kMega, [] { return std::nullopt; });
    space.change(9 * kMega);
    EXPECT_EQ(space.left_for(0).bytes, kMega);
    space.change(-5 * kMega);
    EXPECT_EQ(space.left_for(0).bytes, 6 * kMega);
}

TEST(SpoolSpace, AsksTheRealDisk) {
    const auto disk = disk_space("/");
    ASSERT_TRUE(disk.has_value());
    EXPECT_GT(disk->size, 0);
    EXPECT_FALSE(disk_space("/no/such/folder").has_value());
}

}  // namespace
}  // namespace musicspace::transcoder
