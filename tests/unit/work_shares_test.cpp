#include "relay/work_shares.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <vector>

namespace musicspace::relay {
namespace {

using namespace std::chrono_literals;
using transcoder::PendingWork;

class WorkSharesTest : public testing::Test {
protected:
    ServerTime now = server_time(1'000'000);
    std::deque<std::function<void()>> posted;
    ServerTime tick_due = ServerTime::max();
    Metrics metrics;
    WorkShares shares{{.resolves = 2, .pictures = 1, .browses = 1, .pipelines = 2, .patience = 5s},
                      {[this](std::function<void()> work) { posted.push_back(std::move(work)); },
                       [this](ServerTime time) { tick_due = std::min(tick_due, time); }, [this] { return now; }},
                      metrics};
    std::map<std::string, std::function<void(int)>> running;  ///< by name: what ends it
    std::vector<std::string> results;
    bool starts = true;

    std::unique_ptr<PendingWork> run(const std::string& name, const std::string& address,
                                     WorkShares::Kind kind = WorkShares::Kind::resolve) {
        return shares.run<int>(
            kind, address,
            [this, name](auto finished) -> std::unique_ptr<PendingWork> {
                if (!starts) return nullptr;
                running[name] = std::move(finished);
                return std::make_unique<PendingWork>([this, name] { running.erase(name); });
            },
            [this, name](int result) { results.push_back(name + "=" + std::to_string(result)); }, -1);
    }
    void finish(const std::string& name, int result) {
        const auto finished = running.at(name);
        finished(result);
    }
    void run_posted() {
        while (!posted.empty()) {
            const auto work = std::move(posted.front());
            posted.pop_front();
            work();
        }
    }
};

TEST_F(WorkSharesTest, WorkRunsAtOnceOrInItsTurnAndAnswersOnce) {
    const auto first = run("first", "ada");
    const auto second = run("second", "ada");
    const auto other = run("other", "ben");
    ASSERT_TRUE(first && second && other);
    EXPECT_TRUE(running.contains("first") && running.contains("other"));
    EXPECT_FALSE(running.contains("second"));
    EXPECT_EQ(tick_due, now + 5s);
    finish("first", 1);
    EXPECT_TRUE(running.contains("second"));
    finish("other", 3);
    finish("second", 2);
    EXPECT_EQ(results, (std::vector<std::string>{"first=1", "other=3", "second=2"}));
    EXPECT_EQ(metrics.work_refused, 0U);
}

TEST_F(WorkSharesTest, WhatIsCancelledMakesWayAndIsNotAnswered) {
    auto first = run("first", "ada");
    auto second = run("second", "ada");
    auto third = run("third", "ada");
    second.reset();  // it waited
    first.reset();
    EXPECT_TRUE(running.contains("third"));
    EXPECT_FALSE(running.contains("first"));
    EXPECT_TRUE(results.empty());
}

TEST_F(WorkSharesTest, PatienceEnds) {
    const auto first = run("first", "ada");
    const auto second = run("second", "ada");
    EXPECT_EQ(shares.tick(now), now + 5s);
    now += 5s;
    EXPECT_EQ(shares.tick(now), ServerTime::max());
    EXPECT_TRUE(results.empty());  // later, not from within
    run_posted();
    EXPECT_EQ(results, (std::vector<std::string>{"second=-1"}));
    finish("first", 1);
    EXPECT_FALSE(running.contains("second"));
    EXPECT_EQ(metrics.work_refused, 1U);
}

TEST_F(WorkSharesTest, WhatCannotStartIsRefused) {
    starts = false;
    EXPECT_FALSE(run("first", "ada"));
    starts = true;
    auto first = run("first", "ada");
    const auto second = run("second", "ada");
    starts = false;
    first.reset();
    run_posted();
    EXPECT_EQ(results, (std::vector<std::string>{"second=-1"}));
    EXPECT_EQ(metrics.work_refused, 2U);
}

TEST_F(WorkSharesTest, ManyThatWaitAreRefusedAtOnce) {
    std::vector<std::unique_ptr<PendingWork>> all;
    for (int i = 0; i < 9; ++i) all.push_back(run(std::to_string(i), "ada"));
    for (const auto& work : all) EXPECT_TRUE(work);
    EXPECT_FALSE(run("tenth", "ada"));
    EXPECT_TRUE(run("bens", "ben"));
}

TEST_F(WorkSharesTest, EachKindOfWorkHasPlacesOfItsOwn) {
    // Of two places for links half, which is one, are for lists and searches; one is for pictures.
    const auto link = run("link", "ada");
    for (const auto kind : {WorkShares::Kind::list, WorkShares::Kind::picture}) {
        const auto first = run("first", "ada", kind);
        EXPECT_TRUE(running.contains("first"));
        const auto second = run("second", "ben", kind);
        ASSERT_TRUE(second);
        EXPECT_FALSE(running.contains("second"));
        now += 5s;
        shares.tick(now);
        run_posted();
        EXPECT_EQ(results, (std::vector<std::string>{"second=-1"}));
        results.clear();
    }
    const auto other = run("other", "ben");
    EXPECT_TRUE(running.contains("link") && running.contains("other"));
}

}  // namespace
}  // namespace musicspace::relay
