// Several bit rates of one track, the source's own packets, and other speeds.

#include <numeric>

#include "tests/unit/pipeline_fixture.h"

namespace musicspace::transcoder {
namespace {

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

}  // namespace
}  // namespace musicspace::transcoder
