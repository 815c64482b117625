#pragma once
// Real files through the real decoder and encoder. Test signal: noise, so that every sample's place can be told by correlation.

#include <gtest/gtest.h>
#include <opus/opus.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <optional>
#include <random>

#include "tests/unit/wav_file.h"
#include "transcoder/pipeline.h"

namespace musicspace::transcoder {

using namespace std::chrono_literals;

inline constexpr std::size_t kSeconds = 8;

// Low-passed noise (what 96 kbit/s keeps), the same in both channels.
inline std::vector<float> noise() {
    std::mt19937 dice(42);
    std::uniform_real_distribution<float> uniform(-0.5F, 0.5F);
    std::vector<float> signal(kSeconds * static_cast<std::size_t>(kSampleRate));
    float smooth = 0;
    for (float& sample : signal) sample = smooth += 0.3F * (uniform(dice) - smooth);
    return signal;
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
    [[nodiscard]] std::string wav() const { return wav_.path(); }
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
    const WavFile wav_{noise()};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> posted_;

protected:
    WorkerThreads threads{8};
    std::unique_ptr<Pipeline> pipeline;
};

}  // namespace musicspace::transcoder
