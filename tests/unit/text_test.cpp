// The gate for text that people and programs send for others to read.

#include "relay/base/text.h"

#include <gtest/gtest.h>

#include <vector>

namespace musicspace {
namespace {

constexpr TextLimit kShort{10, 200};

std::string typed(std::string_view text, TextLimit limit = kShort) {
    const auto checked = check_text(text, limit);
    return std::holds_alternative<std::string>(checked) ? std::get<std::string>(checked) : "refused";
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

TEST(TypedText, StaysAsItIsInAllScriptsAndEmoji) {
    for (const std::string text : {"Ada", "José", "李雷", "محمد", "می‌خواهم", "שלום", "ന്‍", "👩‍🚀", "❤️‍🔥",
                                   "👨‍👩‍👧‍👦", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "<b>",
                                   "a b", "葛\U000e0100", "\uf8ff"}) {
        EXPECT_EQ(typed(std::string("  ").append(text).append(" ")), text);
    }
}

TEST(TypedText, LosesWhatHasNoShape) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {std::string("a\0b", 3), "ab"},
        {"a\x01\x1b[31mb\x7f", "a[31mb"},
        {"a\u0085b", "a b"},
        {"a\r\n\tb", "a b"},
        {"a\u2028b", "a b"},
        {"evil\u202egpj", "evilgpj"},
        {"\u2066a\u2069\u200e\u200f\u061c", "a"},
        {"a\u200b\u2060\ufeff\u00adb", "ab"},
        {"a\u3164\u115f\uffa0\u034f", "a"},
        {"a\ufdd0\uffff\U0010ffff", "a"},
        {"a\U000e0041\U000e0042", "a"},              // ASCII hidden in tags
        {"🏴\U000e0067\U000e0041\U000e007f", "🏴"},  // and no region's flag
        {"\u200d\ufe0fa", "a"},                      // joins and varies nothing
        {"a\u200d\u200d\u200cb",
         "a\u200d"
         "b"},
        {"a\ufe0f\ufe0e\ufe0f", "a\ufe0f"},
        {"\u0301a", "a"},  // would sit on what stands before it
        {std::string("e").append(repeated("\u0301", 100)).append("x"), std::string("e").append(repeated("\u0301", kMostMarks)).append("x")},
    };
    for (const auto& [text, wanted] : cases) EXPECT_EQ(typed(text), wanted);
}

TEST(TypedText, IsRefusedWhereNothingIsLeftToSee) {
    for (const std::string text :
         {"", "  ", "\n", "\u200b", "\u200d", "\u202e\u202c", "\u3164", "\u2800", "\u3000", "\ufe0f", "\u0301", "\x01"})
        EXPECT_EQ(std::get<TextFault>(check_text(text, kShort)), TextFault::empty) << text;
    for (const char* text : {"\xff\xfe", "\xc3", "a\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"})
        EXPECT_EQ(std::get<TextFault>(check_text(text, kShort)), TextFault::not_utf8);
}

TEST(TypedText, IsMeasuredInWhatReadersTakeForCharacters) {
    EXPECT_EQ(typed(repeated("x", 10)), repeated("x", 10));
    EXPECT_EQ(typed(repeated("🇩🇪", 10)), repeated("🇩🇪", 10));
    EXPECT_EQ(typed(repeated("👩‍🚀", 10)), repeated("👩‍🚀", 10));
    for (const char* one : {"x", "é", "🇩🇪", "👩‍🚀"})
        EXPECT_EQ(std::get<TextFault>(check_text(repeated(one, 11), kShort)), TextFault::too_long) << one;
    EXPECT_EQ(std::get<TextFault>(check_text(repeated("👨‍👩‍👧‍👦", 9), kShort)), TextFault::too_long) << "in bytes";
    EXPECT_EQ(std::get<TextFault>(check_text(repeated("\u200b", 100'000).append("x"), kShort)), TextFault::too_long);
}

TEST(ShownText, IsCutBetweenCharacters) {
    EXPECT_EQ(shown_text("Bär", {2, 100}), "Bä");
    EXPECT_EQ(shown_text("Bär", {3, 100}), "Bär");
    EXPECT_EQ(shown_text("Bär und mehr", {4, 100}), "Bär");
    EXPECT_EQ(shown_text("a🇩🇪🇫🇷", {2, 100}), "a🇩🇪");
    EXPECT_EQ(shown_text("👩‍🚀👩‍🚀", {1, 100}), "👩‍🚀");
    EXPECT_EQ(shown_text("👩‍🚀👩‍🚀", {10, 15}), "👩‍🚀") << "in bytes";
    EXPECT_EQ(shown_text(std::string(10'000, 'x'), kTitleText).size(), 300U);
    EXPECT_LE(shown_text(std::string("e").append(repeated("\u20dd", 100'000)), kTitleText).size(), 30U);
    EXPECT_LE(shown_text(std::string("👩").append(repeated("\u200d👩", 100'000)), kTitleText).size(), kTitleText.bytes);
}

TEST(ShownText, KeepsWhatCanBeReadOfBytesThatAreNoUtf8) {
    EXPECT_EQ(shown_text("Bj\xf6rk", kTitleText), "Bj\ufffdrk");
    EXPECT_EQ(shown_text("A\x1b[2J\nB", kTitleText), "A[2J B");
}

TEST(ShownText, IsEmptyWhereThereIsNothingToShow) {
    for (const char* text : {"", "  ", "\u202e\u202c", "\xff\xfe", "\xc3"}) EXPECT_EQ(shown_text(text, kTitleText), "");
}

TEST(FoldedText, IsOneForLookAlikes) {
    EXPECT_EQ(folded("José"), folded("JOSE\u0301"));
    EXPECT_EQ(folded("ada"), folded("A\u200dd\u200ca\ufe0f"));
    EXPECT_NE(folded("ada"), folded("àda"));
    EXPECT_EQ(composed("Jose\u0301"), "José");
    EXPECT_EQ(composed("\xff"), "\xff");
}

}  // namespace
}  // namespace musicspace
