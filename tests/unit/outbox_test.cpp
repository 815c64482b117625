// Outbox and Sender on real sockets: order, what a full line does, and that a message which has begun is finished.

#include "relay/broadcast/outbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "relay/broadcast/send_schedule.h"
#include "relay/broadcast/sender.h"

namespace musicspace::relay {
namespace {

FramePtr frame_of(std::uint32_t epoch, std::size_t bytes) {
    auto frame = std::make_shared<Frame>();
    frame->epoch = epoch;
    append_wire_header(frame->bytes, Opcode::binary, bytes);
    frame->bytes.resize(frame->bytes.size() + bytes, static_cast<std::uint8_t>(epoch));
    return frame;
}

enum class Way { plain, uring };

class OutboxTest : public testing::TestWithParam<Way> {
protected:
    void SetUp() override {
        auto calls = GetParam() == Way::uring ? make_uring_calls() : make_plain_calls();
        if (!calls) GTEST_SKIP() << "this kernel has no io_uring, or does not allow it";
        sender = std::make_unique<Sender>(std::move(calls), [this] { ++asked; });
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        const int small = 4096;
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        outbox = std::make_unique<Outbox>(ends[0], *sender, Outbox::Events{[this] { ++full; }, [this] { ++drained; }, [this] { ++broken; }},
                                          OutboxLimits{2, 2});
    }
    void TearDown() override {
        outbox.reset();
        for (const int end : ends) close(end);
    }
    std::string arrived() {
        sender->flush();
        std::string bytes(1 << 20, '\0');
        const ssize_t size = read(ends[1], bytes.data(), bytes.size());
        bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        return bytes;
    }
    static std::string bytes_of(const WirePtr& message) { return {message->bytes.begin(), message->bytes.end()}; }
    void offer(const FramePtr& frame) { outbox->offer(std::span(&frame, 1)); }

    int ends[2]{-1, -1};
    int asked = 0;
    int full = 0;
    int drained = 0;
    int broken = 0;
    std::unique_ptr<Sender> sender;
    std::unique_ptr<Outbox> outbox;
};

TEST_P(OutboxTest, TimeAnswersGoFirstThenTextsThenAudio) {
    const auto frame = frame_of(1, 100);
    offer(frame);
    outbox->push_state(make_text("state"));
    ASSERT_TRUE(outbox->push_reply(make_text("reply")));
    outbox->push_time({42, server_time(1)});
    EXPECT_EQ(asked, 1) << "one flush for all of it";
    const std::string all = arrived();
    EXPECT_EQ(all.substr(0, 3), "\x82\x19\x02") << "a time answer of 25 bytes";
    EXPECT_EQ(all.substr(27), bytes_of(make_text("reply")) + bytes_of(make_text("state")) + bytes_of(frame));
    EXPECT_TRUE(outbox->ready());
}

TEST_P(OutboxTest, WhatHasBegunIsFinishedBeforeAnythingElse) {
    const auto frame = frame_of(1, 100'000);
    offer(frame);
    std::string all = arrived();
    ASSERT_EQ(full, 1);
    EXPECT_FALSE(outbox->ready());
    outbox->tell_when_drained();
    outbox->drop_frames_except(2, 0);
    outbox->push_time({42, server_time(1)});
    for (int i = 0; i < 1000 && all.size() < frame->bytes.size() + 27; ++i) {
        outbox->resume();
        all += arrived();
    }
    EXPECT_EQ(all.substr(0, frame->bytes.size()), bytes_of(frame));
    EXPECT_EQ(all.substr(frame->bytes.size(), 3), "\x82\x19\x02");
    EXPECT_EQ(drained, 1);
    EXPECT_TRUE(outbox->ready());
}

TEST_P(OutboxTest, FramesOfOlderEpochsThatHaveNotBegunAreTakenBack) {
    const std::vector<FramePtr> frames{frame_of(1, 100), frame_of(2, 100)};
    outbox->offer(frames);
    outbox->drop_frames_except(2, 0);
    EXPECT_EQ(arrived(), bytes_of(frames[1]));
}

TEST_P(OutboxTest, OnlyTheNewestStateWaitsAndSaysHowManyListenToo) {
    outbox->push_state(make_text("old"));
    outbox->push_count(make_text("5"));
    outbox->push_state(make_text("new"));
    EXPECT_EQ(arrived(), bytes_of(make_text("new")));
}

TEST_P(OutboxTest, RepliesAreNeverDroppedSilently) {
    EXPECT_TRUE(outbox->push_reply(make_text("x")));
    EXPECT_TRUE(outbox->push_reply(make_text("x")));
    EXPECT_FALSE(outbox->push_reply(make_text("x")));
}

TEST_P(OutboxTest, NothingComesAfterTheClose) {
    const auto close = make_wire(Opcode::close, {});
    offer(frame_of(1, 100));
    ASSERT_TRUE(outbox->push_reply(make_text("bye")));
    ASSERT_TRUE(outbox->push_own(close));
    outbox->push_state(make_text("state"));
    outbox->push_time({42, server_time(1)});
    offer(frame_of(2, 100));
    EXPECT_TRUE(outbox->push_reply(make_text("too late")));
    EXPECT_EQ(arrived(), bytes_of(make_text("bye")) + bytes_of(close));
}

TEST_P(OutboxTest, TheCloseDoesNotOvertakeWhatWaitsForAFullLine) {
    const auto frame = frame_of(1, 100'000);
    const auto close = make_wire(Opcode::close, {});
    offer(frame);
    std::string all = arrived();
    outbox->push_state(make_text("state"));
    outbox->resume();
    all += arrived();
    ASSERT_EQ(full, 2);
    outbox->finish();
    ASSERT_TRUE(outbox->push_own(close));
    const std::string wanted = bytes_of(frame) + bytes_of(make_text("state")) + bytes_of(close);
    for (int i = 0; i < 1000 && all.size() < wanted.size(); ++i) {
        outbox->resume();
        all += arrived();
    }
    EXPECT_EQ(all, wanted);
}

TEST_P(OutboxTest, ABrokenLineIsToldOnceAndTakesNothingMore) {
    close(ends[1]);
    ends[1] = -1;
    offer(frame_of(1, 100));
    sender->flush();
    EXPECT_EQ(broken, 1);
    EXPECT_FALSE(outbox->push_reply(make_text("x")));
    sender->flush();
    EXPECT_EQ(broken, 1);
}

TEST_P(OutboxTest, OneThatEndsWhileItWaitsIsForgotten) {
    offer(frame_of(1, 100));
    outbox.reset();
    sender->flush();
    EXPECT_EQ(read(ends[1], ends, 1), -1);
}

TEST_P(OutboxTest, ManyGoOutInOneFlush) {
    constexpr std::size_t kMany = 600;  // more than one round
    std::vector<std::array<int, 2>> pairs(kMany);
    std::vector<std::unique_ptr<Outbox>> outboxes;
    const auto frame = frame_of(1, 300);
    for (auto& pair : pairs) {
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()), 0);
        outboxes.push_back(std::make_unique<Outbox>(pair[0], *sender, Outbox::Events{[] {}, [] {}, [] {}}));
        outboxes.back()->offer(std::span(&frame, 1));
    }
    sender->flush();
    for (const auto& pair : pairs) {
        std::string bytes(1000, '\0');
        EXPECT_EQ(read(pair[1], bytes.data(), bytes.size()), static_cast<ssize_t>(frame->bytes.size()));
    }
    outboxes.clear();
    for (const auto& pair : pairs) {
        close(pair[0]);
        close(pair[1]);
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, OutboxTest, testing::Values(Way::plain, Way::uring),
                         [](const auto& way) { return way.param == Way::plain ? "Plain" : "Uring"; });

struct Visitor : Scheduled {};

TEST(SendSchedule, GivesThoseWhoAreDueAndNobodyElse) {
    SendSchedule schedule;
    Visitor early;
    Visitor late;
    Visitor waiting;
    schedule.at(late, server_time(200));
    schedule.at(early, server_time(100));
    schedule.wait(waiting);
    EXPECT_EQ(schedule.take_due(server_time(99)), nullptr);
    EXPECT_EQ(schedule.take_due(server_time(150)), &early);
    EXPECT_EQ(schedule.take_due(server_time(150)), nullptr);
    schedule.wake_waiting(server_time(150));
    EXPECT_EQ(schedule.take_due(server_time(150)), &waiting);
    schedule.at(late, server_time(300));
    EXPECT_EQ(schedule.take_due(server_time(250)), nullptr) << "one appointment each";
    late.unschedule();
    EXPECT_EQ(schedule.take_due(server_time(400)), nullptr);
}

}  // namespace
}  // namespace musicspace::relay
