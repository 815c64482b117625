// Text that people and programs send for others to read.

#include "relay/base/text.h"

#include <gtest/gtest.h>

namespace musicspace {
namespace {

TEST(ShownText, IsCutBetweenCharacters) {
    EXPECT_EQ(shown_text("Bär", 2), "Bä");
    EXPECT_EQ(shown_text("Bär", 3), "Bär");
    EXPECT_EQ(shown_text("Bär und mehr", 4), "Bär");
    EXPECT_EQ(shown_text(std::string(10'000, 'x'), 300).size(), 300U);
}

TEST(ShownText, IsEmptyWhereThereIsNothingToShow) {
    for (const char* text : {"", "  ", "a\nb", "a\u202e\u202c", "\xff\xfe", "\xc3"}) EXPECT_EQ(shown_text(text, 300), "");
}

}  // namespace
}  // namespace musicspace
