#include "relay/http/pending_replies.h"

#include <gtest/gtest.h>

namespace musicspace::relay {
namespace {

const PendingReplies::Post kAtOnce = [](const std::function<void()>& work) { work(); };

TEST(PendingReplies, AreGivenOnce) {
    PendingReplies replies(kAtOnce);
    int given = 0;
    const HttpReply reply = replies.keep([&given](const HttpResponse& response) { given += response.status; });
    EXPECT_EQ(replies.size(), 1U);
    reply({200, {}, {}, {}});
    reply({500, {}, {}, {}});
    EXPECT_EQ(given, 200);
    EXPECT_EQ(replies.size(), 0U);
}

// A connection's coroutine lives in its reply; jobs of the database and of workers keep replies for longer than connections may live.
TEST(PendingReplies, KeepNothingAliveAfterTheEnd) {
    auto connection = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = connection;
    HttpReply kept;
    {
        PendingReplies replies(kAtOnce);
        kept = replies.keep([connection = std::move(connection)](const HttpResponse&) { FAIL() << "it has ended"; });
        EXPECT_FALSE(alive.expired());
        replies.end();
        EXPECT_TRUE(alive.expired());
        kept({200, {}, {}, {}});
    }
    kept({200, {}, {}, {}});
}

TEST(PendingReplies, ThatEverybodyHasLostAreDropped) {
    auto connection = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = connection;
    std::vector<std::function<void()>> posted;
    PendingReplies replies([&posted](std::function<void()> work) { posted.push_back(std::move(work)); });
    HttpReply kept = replies.keep([connection = std::move(connection)](const HttpResponse&) { FAIL() << "nobody has answered"; });
    HttpReply copy = kept;
    kept = nullptr;
    EXPECT_TRUE(posted.empty());
    copy = nullptr;
    ASSERT_EQ(posted.size(), 1U);
    EXPECT_FALSE(alive.expired());
    posted.front()();
    EXPECT_TRUE(alive.expired());
    EXPECT_EQ(replies.size(), 0U);
}

}  // namespace
}  // namespace musicspace::relay
