// Real files through the real decoder and encoder. Test signal: noise, so that every sample's place can be told by correlation.

#include "transcoder/pipeline.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <opus/opus.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <fstream>
#include <mutex>
#include <numeric>
#include <random>

namespace musicspace::transcoder {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSeconds = 8;

// Low-passed noise (what 96 kbit/s keeps), the same in both channels.
std::vector<float> noise() {
    std::mt19937 dice(42);
    std::uniform_real_distribution<float> uniform(-0.5F, 0.5F);
    std::vector<float> signal(kSeconds * static_cast<std::size_t>(kSampleRate));
    float smooth = 0;
    for (float& sample : signal) sample = smooth += 0.3F * (uniform(dice) - smooth);
    return signal;
}

void write_little_endian(std::ofstream& file, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) file.put(static_cast<char>(value >> (8 * i)));
}

void write_wav(const std::string& path, const std::vector<float>& signal) {
    std::ofstream file(path, std::ios::binary);
    const auto data = static_cast<std::uint32_t>(signal.size() * 4);
    file << "RIFF";
    write_little_endian(file, 36 + data, 4);
    file << "WAVEfmt ";
    for (const auto& [value, bytes] :
         std::vector<std::pair<std::uint32_t, int>>{{16, 4}, {1, 2}, {2, 2}, {48'000, 4}, {192'000, 4}, {4, 2}, {16, 2}}) {
        write_little_endian(file, value, bytes);
    }
    file << "data";
    write_little_endian(file, data, 4);
    for (const float sample : signal) {
        for (int channel = 0; channel < 2; ++channel) write_little_endian(file, static_cast<std::uint16_t>(std::lround(sample * 32767)), 2);
    }
}

class PipelineTest : public testing::Test {
protected:
    // What the I/O thread is to the server, the test's own thread is here.
    void post(std::function<void()> function) {
        const std::lock_guard lock(mutex_);
        posted_.push_back(std::move(function));
        changed_.notify_all();
    }
    template <typename Condition>
    bool run_until(Condition condition, std::chrono::seconds limit = 20s) {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (!condition()) {
            std::unique_lock lock(mutex_);
            if (!changed_.wait_until(lock, deadline, [this] { return !posted_.empty(); })) return false;
            auto function = std::move(posted_.front());
            posted_.pop_front();
            lock.unlock();
            function();
        }
        return true;
    }

    void open(const Track& track, MediaTime start) { open(media_of(track), {.position = start}); }
    void open(std::shared_ptr<const Media> media, PipelineStart start) {
        tiers = {};
        end.reset();
        error.reset();
        pipeline = Pipeline::start(
            threads, [this](std::function<void()> f) { post(std::move(f)); }, std::move(media), start,
            {.on_opened = [this](const StreamInfo& it) { info = it; },
             .on_packets = [this](Tier tier, std::vector<Packet> it) { std::ranges::move(it, std::back_inserter(tiers[index_of(tier)])); },
             .on_ended = [this](MediaTime it) { end = it; },
             .on_failed = [this](const TranscodeError& it) { error = it; }});
    }
    void play_through(const Track& track, MediaTime start = {}) { play_through(media_of(track), {.position = start}); }
    void play_through(std::shared_ptr<const Media> media, PipelineStart start) {
        open(std::move(media), start);
        pipeline->allow_until(media_time(std::int64_t{1} << 40));
        ASSERT_TRUE(run_until([this] { return end || error; }));
    }

    [[nodiscard]] static std::shared_ptr<const Media> media_of(const Track& track) {
        return std::make_shared<const Media>(track, AddressPolicy::allow_private, nullptr);
    }

    // Mono PCM of all packets; index 0 is the sample at the first one's position.
    [[nodiscard]] static std::vector<float> decoded(const std::vector<Packet>& packets) {
        int code = 0;
        const std::unique_ptr<OpusDecoder, decltype(&opus_decoder_destroy)> decoder(opus_decoder_create(48'000, 2, &code),
                                                                                    &opus_decoder_destroy);
        std::vector<float> mono;
        std::vector<float> pcm(kPacketSamples * 2);
        for (const Packet& packet : packets) {
            const int count = opus_decode_float(decoder.get(), packet.opus.data(), static_cast<opus_int32>(packet.opus.size()), pcm.data(),
                                                kPacketSamples, 0);
            EXPECT_EQ(count, kPacketSamples);
            for (int i = 0; i < count; ++i) mono.push_back(pcm[2 * static_cast<std::size_t>(i)]);
        }
        return mono;
    }

    // Where `signal` lies in the decoded sound relative to where the packets' stamps say, in samples, at media sample `at`.
    [[nodiscard]] static int misplacement(const std::vector<Packet>& packets, const std::vector<float>& signal, std::int64_t at) {
        const auto sound = decoded(packets);
        const std::int64_t first = samples(packets.front().position);
        double best = -1e9;
        int best_shift = 9999;
        for (int shift = -600; shift <= 600; ++shift) {
            double sum = 0;
            for (std::int64_t i = 0; i < 9600; ++i) {
                sum += static_cast<double>(signal[static_cast<std::size_t>(at + i)]) *
                       static_cast<double>(sound[static_cast<std::size_t>(at + i - first + shift)]);
            }
            if (sum > best) {
                best = sum;
                best_shift = shift;
            }
        }
        return best_shift;
    }

    [[nodiscard]] static Track file_track(const std::string& path) {
        Track track;
        track.file = path;
        return track;
    }
    [[nodiscard]] static std::string wav() {
        std::string path = testing::TempDir() + "pipeline_" + std::to_string(::getpid()) + ".wav";
        write_wav(path, noise());
        return path;
    }
    [[nodiscard]] static std::string changed_demo(const std::function<void(std::string&)>& change) {
        std::ifstream original(MUSICSPACE_SOURCE_DIR "/transcoder/demo/demo.opus", std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(original)), {});
        change(bytes);
        std::string path = testing::TempDir() + "changed_" + std::to_string(::getpid()) + ".opus";
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }

    std::array<std::vector<Packet>, kTierCount> tiers;
    std::vector<Packet>& packets = tiers[index_of(kDefaultTier)];
    std::optional<MediaTime> end;
    std::optional<TranscodeError> error;
    StreamInfo info;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> posted_;

protected:
    WorkerThreads threads{8};
    std::unique_ptr<Pipeline> pipeline;
};

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

// --- tiers, pass-through, speed

Track demo_track() {
    Track track;
    track.file = MUSICSPACE_SOURCE_DIR "/transcoder/demo/demo.opus";
    return track;
}

// Best shift between two tiers' sound around media sample `at`: 0 when both have the same sample there.
int misalignment(const std::vector<float>& one, std::int64_t one_first, const std::vector<float>& other, std::int64_t other_first,
                 std::int64_t at) {
    double best = -1e9;
    int best_shift = 9999;
    for (int shift = -300; shift <= 300; ++shift) {
        double sum = 0;
        for (std::int64_t i = 0; i < 9600; ++i) {
            sum += static_cast<double>(one[static_cast<std::size_t>(at + i - one_first)]) *
                   static_cast<double>(other[static_cast<std::size_t>(at + i - other_first + shift)]);
        }
        if (sum > best) {
            best = sum;
            best_shift = shift;
        }
    }
    return best_shift;
}

TEST_F(PipelineTest, ATierThatIsAddedInTheMiddleIsAlignedWithTheOthers) {
    const std::string path = wav();
    const auto signal = noise();
    open(media_of(file_track(path)), {});
    pipeline->allow_until(media_time(4 * kSampleRate));
    ASSERT_TRUE(run_until([this] { return !packets.empty() && packets.back().position > media_time(3 * kSampleRate + 40'000); }));
    const auto from = media_time(2 * kSampleRate);
    pipeline->set_tiers({{Tier::kbps24, Tier::kbps48, Tier::kbps160}, true}, from);
    pipeline->allow_until(media_time(std::int64_t{1} << 40));
    ASSERT_TRUE(run_until([this] { return end || error; }));
    ASSERT_FALSE(error);
    for (const Tier tier : kAllTiers) {
        const auto& made = tiers[index_of(tier)];
        ASSERT_FALSE(made.empty());
        EXPECT_EQ((made.front().position - packets.front().position) % kPacketDuration, MediaDuration{0}) << "on one grid";
        for (std::size_t i = 1; i < made.size(); ++i) ASSERT_EQ(made[i].position, made[i - 1].position + kPacketDuration);
        EXPECT_EQ(made.back().position, packets.back().position);
        EXPECT_EQ(misplacement(made, signal, 3 * kSampleRate), 0);
        EXPECT_EQ(misplacement(made, signal, 6 * kSampleRate), 0);
        if (tier == kDefaultTier) continue;
        EXPECT_LE(made.front().position, from - kPacketDuration * 4);
        EXPECT_GE(made.front().position, from - kPacketDuration * 6);
    }
    std::remove(path.c_str());
}

TEST_F(PipelineTest, ATierThatNobodyWantsEndsAndComesBack) {
    const std::string path = wav();
    open(media_of(file_track(path)), {.wanted = {{Tier::kbps24}, true}});
    pipeline->allow_until(media_time(2 * kSampleRate));
    ASSERT_TRUE(run_until([this] { return !packets.empty() && packets.back().position > media_time(kSampleRate + 40'000); }));
    pipeline->set_tiers({{}, true}, media_time(2 * kSampleRate));
    pipeline->allow_until(media_time(5 * kSampleRate));
    ASSERT_TRUE(run_until([this] { return packets.back().position > media_time(4 * kSampleRate + 40'000); }));
    EXPECT_LT(tiers[index_of(Tier::kbps24)].back().position, media_time(4 * kSampleRate));
    tiers[index_of(Tier::kbps24)].clear();
    pipeline->set_tiers({{Tier::kbps24}, true}, media_time(3 * kSampleRate));
    pipeline->allow_until(media_time(std::int64_t{1} << 40));
    ASSERT_TRUE(run_until([this] { return end.has_value(); }));
    EXPECT_LT(tiers[index_of(Tier::kbps24)].front().position, media_time(3 * kSampleRate));
    EXPECT_EQ(tiers[index_of(Tier::kbps24)].back().position, packets.back().position);
    std::remove(path.c_str());
}

TEST_F(PipelineTest, OpusPassesThroughUntouchedAndAlignedWithWhatIsEncoded) {
    play_through(media_of(demo_track()), {.wanted = {{Tier::kbps48}, true}});
    ASSERT_FALSE(error);
    EXPECT_TRUE(info.passes_through);
    const auto& own = tiers[index_of(kTopTier)];
    const auto& encoded = tiers[index_of(Tier::kbps48)];
    ASSERT_FALSE(own.empty());
    EXPECT_EQ(own.front().position, media_time(-312));
    EXPECT_EQ(encoded.front().position, own.front().position);
    for (std::size_t i = 1; i < own.size(); ++i) ASSERT_EQ(own[i].position, own[i - 1].position + kPacketDuration);
    // Bit for bit: each packet lies in the file as it is.
    std::ifstream file(demo_track().file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    for (const std::size_t i : {std::size_t{3}, std::size_t{500}, own.size() / 2}) {
        const std::string packet(own[i].opus.begin(), own[i].opus.begin() + 40);
        EXPECT_NE(bytes.find(packet), std::string::npos) << i;
    }
    EXPECT_EQ(
        misalignment(decoded(own), samples(own.front().position), decoded(encoded), samples(encoded.front().position), 10 * kSampleRate),
        0);
    EXPECT_NEAR(static_cast<double>(samples(*end)), 48.0 * kSampleRate, 2);
}

TEST_F(PipelineTest, ASeekIntoOpusFindsTheSamePackets) {
    play_through(media_of(demo_track()), {});
    const auto whole = tiers[index_of(kTopTier)];
    play_through(media_of(demo_track()), {.position = media_time(20 * kSampleRate + 77)});
    const auto& part = tiers[index_of(kTopTier)];
    ASSERT_FALSE(part.empty());
    EXPECT_LE(part.front().position, media_time(20 * kSampleRate + 77) - kPacketDuration * 4);
    const auto same = std::ranges::find(whole, part.front().position, &Packet::position);
    ASSERT_NE(same, whole.end());
    for (std::size_t i = 0; i < part.size(); ++i) ASSERT_EQ(part[i].opus, same[static_cast<std::ptrdiff_t>(i)].opus);
}

TEST_F(PipelineTest, AtAnotherSpeedTheSameTrackTakesLessPackets) {
    const std::string path = wav();
    play_through(media_of(file_track(path)), {.position = media_time(kSampleRate), .speed = 125, .wanted = {{Tier::kbps96}, false}});
    ASSERT_FALSE(error);
    for (std::size_t i = 1; i < packets.size(); ++i) ASSERT_EQ(packets[i].position, packets[i - 1].position + MediaDuration{1200});
    EXPECT_EQ(packets.front().span, MediaDuration{1200});
    EXPECT_LE(packets.front().position, media_time(kSampleRate) - MediaDuration{4 * 1200});
    EXPECT_NEAR(static_cast<double>(samples(*end)), 8.0 * kSampleRate, kSampleRate / 20.0);
    EXPECT_NEAR(static_cast<double>(packets.size()), (7.0 + 0.1) / 1.25 * 50, 5);
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
