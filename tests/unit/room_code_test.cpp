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

TEST(DisplayName, LosesWhatAKeyboardOrAPasteHasLeftInIt) {
    EXPECT_EQ(std::get<std::string>(check_name("a\x01")), "a");
    EXPECT_EQ(std::get<std::string>(check_name("Ada\nLovelace")), "Ada Lovelace");
    EXPECT_EQ(std::get<std::string>(check_name("Ada\u200b\u202e")), "Ada");
    EXPECT_EQ(std::get<std::string>(check_name("Jose\u0301")), "José");
}

TEST(DisplayName, RefusesWhatCannotBeShown) {
    for (const std::string& name :
         {std::string(), std::string("   "), std::string(41, 'x'), std::string(100'000, 'x'), std::string("\xff\xfe"),
          std::string("\xc0\xaf"), std::string("\xed\xa0\x80"), std::string("\u200b"), std::string("\u202e")}) {
        EXPECT_TRUE(std::holds_alternative<NameRefusal>(check_name(name))) << name.substr(0, 50);
    }
}

AccountKey key_of(const std::string& typed) { return account_key(typed, std::get<std::string>(check_name(typed))); }

TEST(AccountKey, IsOneForNamesThatLookAlike) {
    for (const char* name : {"ADA", " ada ", "ada\u200b"}) EXPECT_EQ(key_of(name).key, "ada") << name;
    EXPECT_EQ(key_of("É").key, key_of("e\u0301").key);
    EXPECT_EQ(key_of("a\u200d"
                     "da")
                  .key,
              "ada");
}

TEST(AccountKey, StillFindsTheKeysOfBefore) {
    EXPECT_EQ(key_of(" ÉMILE ").older, "Émile");
    EXPECT_EQ(key_of("Jose\u0301").older, "jose\u0301");
    EXPECT_EQ(key_of("Ada").older, key_of("Ada").key);
}

}  // namespace
}  // namespace musicspace::relay
