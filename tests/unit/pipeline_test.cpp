// From a file to packets: every sample in its place, whatever is wrong with the file.

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "tests/unit/pipeline_fixture.h"

namespace musicspace::transcoder {
namespace {

TEST_F(PipelineTest, PacketsAreContiguousAndReachTheEnd) {
    const std::string path = wav();
    play_through(file_track(path));
    ASSERT_FALSE(error) << error->detail;
    for (std::size_t i = 1; i < packets.size(); ++i) ASSERT_EQ(packets[i].position, packets[i - 1].position + kPacketDuration);
    EXPECT_EQ(*end, media_time(kSeconds * kSampleRate));
    EXPECT_GE(packets.back().position + kPacketDuration, *end);
    EXPECT_LE(packets.front().position, media_time(0));
    std::remove(path.c_str());
}

TEST_F(PipelineTest, ASampleIsWhereItsStampSays) {
    const std::string path = wav();
    const auto signal = noise();
    play_through(file_track(path));
    EXPECT_EQ(misplacement(packets, signal, 2 * kSampleRate), 0);
    play_through(file_track(path), media_time(123'457));
    ASSERT_FALSE(error);
    EXPECT_LE(packets.front().position, media_time(123'457));
    EXPECT_EQ(misplacement(packets, signal, 4 * kSampleRate), 0);
    std::remove(path.c_str());
}

TEST_F(PipelineTest, DoesNotRunFurtherAheadThanAllowed) {
    const std::string path = wav();
    open(file_track(path), {});
    pipeline->allow_until(media_time(3 * kSampleRate));
    ASSERT_TRUE(
        run_until([this] { return !packets.empty() && packets.back().position >= media_time(3 * kSampleRate - 2 * kPacketSamples); }));
    EXPECT_LE(packets.back().position, media_time(3 * kSampleRate));
    EXPECT_FALSE(run_until([this] { return end.has_value(); }, 1s));
    pipeline->allow_until(media_time(std::int64_t{1} << 40));
    EXPECT_TRUE(run_until([this] { return end.has_value(); }));
    std::remove(path.c_str());
}

TEST_F(PipelineTest, DamageInTheMiddleDoesNotEndTheTrackNorMoveTheRest) {
    const std::string path =
        changed_demo([](std::string& bytes) { std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), 3000, '\x55'); });
    play_through(media_of(file_track(path)), {.wanted = {{Tier::kbps96}, false}});
    ASSERT_FALSE(error);
    EXPECT_NEAR(static_cast<double>(samples(*end)), 48.0 * kSampleRate, kSampleRate * 0.2);
    std::remove(path.c_str());
}

TEST_F(PipelineTest, ATruncatedFileEndsCleanly) {
    const std::string path = changed_demo([](std::string& bytes) { bytes.resize(bytes.size() / 3); });
    play_through(file_track(path));
    ASSERT_FALSE(error);
    EXPECT_GT(*end, media_time(10 * kSampleRate));
    EXPECT_LT(*end, media_time(25 * kSampleRate));
    std::remove(path.c_str());
}

TEST_F(PipelineTest, WhatIsNoSoundIsRefused) {
    const std::string path = changed_demo([](std::string& bytes) { bytes = "<html>not music</html>"; });
    play_through(file_track(path));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->fault, Fault::unreadable);
    std::remove(path.c_str());
}

// A server that accepts and never answers.
class SilentServer {
public:
    SilentServer() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // NOLINTNEXTLINE(bugprone-unused-return-value): without it nothing connects, and the test fails
        ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        ::listen(fd_, 8);
        socklen_t size = sizeof address;
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/a.mp3";
    }
    ~SilentServer() { ::close(fd_); }
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;
    // Returns when a request has come in: its sender is blocked in a read from then on.
    void await_request() {
        connection_ = ::accept(fd_, nullptr, nullptr);
        char byte = 0;
        ASSERT_EQ(::recv(connection_, &byte, 1, 0), 1);
    }
    [[nodiscard]] const std::string& url() const { return url_; }

private:
    int fd_;
    int connection_ = -1;
    std::string url_;
};

TEST_F(PipelineTest, CancelEndsAReadThatIsBlocked) {
    SilentServer server;
    std::vector<double> milliseconds;
    for (int i = 0; i < 5; ++i) {
        Track track;
        track.media_url = server.url();
        open(track, {});
        server.await_request();
        const auto begin = std::chrono::steady_clock::now();
        pipeline.reset();
        while (threads.running() > 0) std::this_thread::yield();
        milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    std::ranges::nth_element(milliseconds, milliseconds.begin() + 2);
    EXPECT_LT(milliseconds[2], 50) << "median of five, ms";
}

TEST_F(PipelineTest, NothingIsHeardOfACancelledPipeline) {
    const std::string path = wav();
    open(file_track(path), {});
    pipeline.reset();
    while (threads.running() > 0) std::this_thread::yield();
    EXPECT_FALSE(run_until([] { return false; }, 0s));
    EXPECT_TRUE(packets.empty());
    EXPECT_FALSE(error);
    std::remove(path.c_str());
}

}  // namespace
}  // namespace musicspace::transcoder
