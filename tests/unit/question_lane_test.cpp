// Questions to a Postgres that takes connections and never says a word.

#include "db/question_lane.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <vector>

namespace musicspace::db {
namespace {

using namespace std::chrono_literals;

class SilentPostgres {
public:
    SilentPostgres() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listener_, 64), 0);
        EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
    }
    ~SilentPostgres() { ::close(listener_); }
    SilentPostgres(const SilentPostgres&) = delete;
    SilentPostgres& operator=(const SilentPostgres&) = delete;

    [[nodiscard]] std::string url() const { return "postgresql://ada@127.0.0.1:" + std::to_string(port_) + "/music"; }

private:
    int listener_;
    int port_ = 0;
};

TEST(QuestionLane, BeyondItsLimitTheOldestFails) {
    SilentPostgres postgres;
    QuestionLane lane(postgres.url(), 5);
    std::mutex mutex;
    std::vector<int> failed;
    for (int i = 0; i < 300; ++i) {
        Question question;
        question.work = [](pqxx::work&) {};
        question.answered = [] { ADD_FAILURE() << "nobody has answered"; };
        question.failed = [&, i](StoreError error) {
            EXPECT_EQ(error, StoreError::unavailable);
            const std::lock_guard lock(mutex);
            failed.push_back(i);
        };
        question.patience = 1h;
        lane.add(std::move(question));
    }
    {
        // Five wait, and up to a hundred have been taken for the first transaction.
        const std::lock_guard lock(mutex);
        EXPECT_GE(failed.size(), 195U);
        EXPECT_TRUE(std::ranges::is_sorted(failed));
        EXPECT_LT(failed.back(), 295);
    }
    lane.stop();
    lane.end();
}

TEST(QuestionLane, APersistentQuestionIsAskedUntilItsPatienceEnds) {
    SilentPostgres postgres;
    QuestionLane lane(postgres.url(), 5);
    std::promise<StoreError> failed;
    Question question;
    question.work = [](pqxx::work&) {};
    question.answered = [] { ADD_FAILURE() << "nobody has answered"; };
    question.failed = [&failed](StoreError error) { failed.set_value(error); };
    question.patience = 1s;
    question.persistent = true;
    const auto begun = std::chrono::steady_clock::now();
    lane.add(std::move(question));
    auto told = failed.get_future();
    ASSERT_EQ(told.wait_for(20s), std::future_status::ready);
    EXPECT_EQ(told.get(), StoreError::unavailable);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 1s);
    lane.stop();
    lane.end();
}

}  // namespace
}  // namespace musicspace::db
