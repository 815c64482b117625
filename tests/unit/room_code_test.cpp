#include "relay/room/room_code.h"

#include <gtest/gtest.h>

#include <set>

#include "relay/auth/display_name.h"

namespace musicspace::relay {
namespace {

TEST(RoomCode, IsFiveCharactersThatNobodyConfuses) {
    std::set<char> seen;
    for (int i = 0; i < 2000; ++i) {
        const std::string code = random_code();
        ASSERT_EQ(parse_code(code), code);
        seen.insert(code.begin(), code.end());
    }
    EXPECT_EQ(std::string(seen.begin(), seen.end()), kCodeAlphabet);
}

TEST(RoomCode, ForgivesCaseAndBlanks) {
    EXPECT_EQ(parse_code(" abc23 "), "ABC23");
    for (const char* wrong : {"", "ABC2", "ABC234", "ABC2O", "ABC21", "AB C2", "ÄBC2"}) EXPECT_FALSE(parse_code(wrong)) << wrong;
}

TEST(DisplayName, AcceptsWhatPeopleAreCalled) {
    for (const std::string name : {"Ada", "José", "李雷", "👩‍🚀", "<b>Bob</b>", "O'Brien; DROP TABLE rooms"}) {
        EXPECT_EQ(std::get<std::string>(check_name("  " + name + " ")), name);
    }
    EXPECT_TRUE(std::holds_alternative<std::string>(check_name(std::string(40, 'x'))));
}

TEST(DisplayName, RefusesWhatCannotBeShown) {
    for (const std::string& name : {std::string(), std::string("   "), std::string(200, 'x'), std::string("a\x01"), std::string("a\nb"),
                                    std::string("a\0b", 3), std::string("\xff\xfe"), std::string("\xc0\xaf"), std::string("\xed\xa0\x80"),
                                    std::string({'a', '\xe2', '\x80', '\xae', 'b'}), std::string("\u200b")}) {
        EXPECT_TRUE(std::holds_alternative<NameRefusal>(check_name(name))) << name;
    }
}

}  // namespace
}  // namespace musicspace::relay
