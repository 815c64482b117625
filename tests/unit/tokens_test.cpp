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
    Revocations revocations;
    TokenFault fault{};
};

TEST_F(TokensTest, ComesBackWithItsClaimsAlsoAfterARestart) {
    const std::string token = Tokens(directory, revocations).issue({7, 9, "ABC23", "Ada 👩‍🚀 \"x\""}, 1000);
    const auto claims = Tokens(directory, revocations).check(token, 1001, fault);
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
    EXPECT_THROW(Tokens tokens(directory, revocations), std::runtime_error);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_TRUE(std::filesystem::is_empty(directory));
    const std::string token = Tokens(directory, revocations).issue({7, 9, "ABC23", "Ada"}, 1000);
    EXPECT_TRUE(Tokens(directory, revocations).check(token, 1001, fault));
}

TEST_F(TokensTest, ExpiresAndSaysSo) {
    const Tokens tokens(directory, revocations);
    const std::string token = tokens.issue({7, 9, "ABC23", "Ada"}, 1000);
    EXPECT_FALSE(tokens.check(token, 1000 + std::chrono::seconds(Tokens::kLifetime).count(), fault));
    EXPECT_EQ(fault, TokenFault::expired);
}

TEST_F(TokensTest, ForgeriesAreRefused) {
    const Tokens tokens(directory, revocations);
    std::string tampered = tokens.issue({7, 9, "ABC23", "Ada"}, 1000);
    tampered[tampered.size() / 2] ^= 1;
    // {"alg":"none"} . {"room":"7","sub":"9","exp":9999999999}
    const std::string unsigned_token = "eyJhbGciOiJub25lIn0.eyJyb29tIjoiNyIsInN1YiI6IjkiLCJleHAiOjk5OTk5OTk5OTl9.";
    for (const std::string& token : {std::string(), std::string("x"), std::string("a.b.c"), tampered, unsigned_token}) {
        EXPECT_FALSE(tokens.check(token, 1001, fault)) << token;
        EXPECT_EQ(fault, TokenFault::invalid);
    }
}

TEST_F(TokensTest, EndWithTheSignInThatTheyWereIssuedUnder) {
    const Tokens tokens(directory, revocations);
    const AccountClaims ada{{7, Tokens::new_session(), 2}, "Ada"};
    const std::string access = tokens.issue_account(TokenUse::access, ada, 1000);
    const std::string device = tokens.issue_account(TokenUse::device, ada, 1000);
    const std::string member = tokens.issue({7, 9, "ABC23", "Ada", ada.signed_in}, 1000);
    ASSERT_TRUE(tokens.check_account(TokenUse::access, access, 1001));
    EXPECT_EQ(tokens.check_account(TokenUse::access, access, 1001)->signed_in, ada.signed_in);
    EXPECT_FALSE(tokens.check_account(TokenUse::refresh, access, 1001));
    ASSERT_TRUE(tokens.check(member, 1001, fault));
    EXPECT_EQ(tokens.check(member, 1001, fault)->signed_in, ada.signed_in);
    revocations.end_session(7, ada.signed_in.session, 1001);
    EXPECT_FALSE(tokens.check_account(TokenUse::access, access, 1001));
    EXPECT_TRUE(tokens.check_account(TokenUse::device, device, 1001));
    EXPECT_FALSE(tokens.check(member, 1001, fault));
    EXPECT_EQ(fault, TokenFault::ended);
    EXPECT_TRUE(tokens.check(tokens.issue({7, 9, "ABC23", "Ben"}, 1000), 1001, fault));
    revocations.end_account(7, 3, 1001);
    EXPECT_FALSE(tokens.check_account(TokenUse::device, device, 1001));
}

TEST_F(TokensTest, TheKeyIsForTheOwnerOnly) {
    const Tokens tokens(directory, revocations);
    const auto permissions = std::filesystem::status(directory + "/token.key").permissions();
    EXPECT_EQ(permissions, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace musicspace::relay
