#include "relay/auth/tokens.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

namespace musicspace::relay {
namespace {

class TokensTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "tokensXXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        directory = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(directory); }
    std::string directory;
    TokenFault fault{};
};

TEST_F(TokensTest, ComesBackWithItsClaimsAlsoAfterARestart) {
    const std::string token = Tokens(directory).issue({7, 9, "ABC23", "Ada 👩‍🚀 \"x\""}, 1000);
    const auto claims = Tokens(directory).check(token, 1001, fault);
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->room_id, 7);
    EXPECT_EQ(claims->member_id, 9);
    EXPECT_EQ(claims->name, "Ada 👩‍🚀 \"x\"");
}

TEST_F(TokensTest, AKeyThatDoesNotFitOnTheDiskLeavesNothingBehind) {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
    const rlimit full{5, limit.rlim_max};  // as on a disk with so many bytes left
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
    EXPECT_THROW(Tokens tokens(directory), std::runtime_error);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_TRUE(std::filesystem::is_empty(directory));
    const std::string token = Tokens(directory).issue({7, 9, "ABC23", "Ada"}, 1000);
    EXPECT_TRUE(Tokens(directory).check(token, 1001, fault));
}

TEST_F(TokensTest, ExpiresAndSaysSo) {
    const Tokens tokens(directory);
    const std::string token = tokens.issue({7, 9, "ABC23", "Ada"}, 1000);
    EXPECT_FALSE(tokens.check(token, 1000 + std::chrono::seconds(Tokens::kLifetime).count(), fault));
    EXPECT_EQ(fault, TokenFault::expired);
}

TEST_F(TokensTest, ForgeriesAreRefused) {
    const Tokens tokens(directory);
    std::string tampered = tokens.issue({7, 9, "ABC23", "Ada"}, 1000);
    tampered[tampered.size() / 2] ^= 1;
    // {"alg":"none"} . {"room":"7","sub":"9","exp":9999999999}
    const std::string unsigned_token = "eyJhbGciOiJub25lIn0.eyJyb29tIjoiNyIsInN1YiI6IjkiLCJleHAiOjk5OTk5OTk5OTl9.";
    for (const std::string& token : {std::string(), std::string("x"), std::string("a.b.c"), tampered, unsigned_token}) {
        EXPECT_FALSE(tokens.check(token, 1001, fault)) << token;
        EXPECT_EQ(fault, TokenFault::invalid);
    }
}

TEST_F(TokensTest, TheKeyIsForTheOwnerOnly) {
    const Tokens tokens(directory);
    const auto permissions = std::filesystem::status(directory + "/token.key").permissions();
    EXPECT_EQ(permissions, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace musicspace::relay
