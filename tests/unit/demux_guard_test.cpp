// What a container may claim before there is sound, to the byte.

#include "transcoder/demux_guard.h"

#include <gtest/gtest.h>

#include <cstring>

extern "C" {
#include <libavformat/avio.h>
#include <libavutil/mem.h>
}

#include "transcoder/demuxer.h"
#include "transcoder/source/av_reader.h"

namespace musicspace::transcoder {
namespace {

using namespace std::chrono_literals;

class Guard {
public:
    DemuxGuard guard{std::make_shared<Opening>(OpeningLimits{.time = 1h, .enough = {}}), {}};

    bool takes(std::int64_t bytes, bool nested) {
        return succeeds([&] { guard.take_bytes(static_cast<std::size_t>(bytes), nested); });
    }
    // Of a file whose tracks announce so many samples each.
    bool takes_tracks(std::uint32_t tracks, std::uint32_t samples, bool fragmented) {
        std::string file;
        for (std::uint32_t i = 0; i < tracks; ++i)
            file += "trak" + std::string(4, '\0') + "stsz" + std::string(8, '\0') + big_endian(samples);
        if (fragmented) file += "mvex" + std::string(4, '\0') + "trex" + std::string(24, '\0');
        Mp4Claims claims;
        claims.feed({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()}, 0);
        EXPECT_EQ(claims.samples(), std::int64_t{tracks} * samples);
        return succeeds([&] { guard.take_claims(claims, claims.samples()); });
    }

private:
    static std::string big_endian(std::uint32_t value) {
        std::string bytes;
        for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> static_cast<unsigned>(shift)));
        return bytes;
    }
    static bool succeeds(const std::function<void()>& work) {
        try {
            work();
            return true;
        } catch (const TranscodeFailure& failure) {
            EXPECT_EQ(failure.fault(), Fault::unreadable);
            return false;
        }
    }
};

TEST(DemuxGuard, CountsBytesUntilThereIsSound) {
    Guard own;
    EXPECT_TRUE(own.takes(kMostBytesBeforeSound, false));
    EXPECT_FALSE(own.takes(1, false));
    Guard nested;
    EXPECT_TRUE(nested.takes(kMostNestedBytesBeforeSound - 1, true));
    EXPECT_TRUE(nested.takes(kMostBytesBeforeSound, false));
    EXPECT_TRUE(nested.takes(1, true));
    EXPECT_FALSE(nested.takes(1, true));
    Guard sounds;
    sounds.guard.note_packet();
    EXPECT_TRUE(sounds.takes(2 * kMostBytesBeforeSound, false));
    EXPECT_TRUE(sounds.takes(2 * kMostNestedBytesBeforeSound, true));
}

TEST(DemuxGuard, CountsWhatTablesAnnounce) {
    EXPECT_TRUE(Guard().takes_tracks(1, kMostSamplesClaimed, false));
    EXPECT_FALSE(Guard().takes_tracks(1, kMostSamplesClaimed + 1, false));
    EXPECT_FALSE(Guard().takes_tracks(2, kMostSamplesClaimed / 2 + 1, false));
    EXPECT_TRUE(Guard().takes_tracks(kMostFragmentedTracks, 10, true));
    EXPECT_FALSE(Guard().takes_tracks(kMostFragmentedTracks + 1, 10, true));
    EXPECT_TRUE(Guard().takes_tracks(kMostFragmentedTracks + 1, 10, false));
}

TEST(Demuxer, BoundsWhatFFmpegTakesAtOnce) {
    Track track;
    track.file = "/nonexistent";
    const auto media = std::make_shared<const Media>(track, AddressPolicy::allow_private, nullptr);
    EXPECT_THROW(Demuxer(media, std::stop_token()), TranscodeFailure);
    void* most = av_malloc(kLargestAllocation - 64);
    EXPECT_NE(most, nullptr);
    av_free(most);
    EXPECT_EQ(av_malloc(kLargestAllocation + 1), nullptr);
}

// A file without end, which is no playlist.
class Endless : public Source {
public:
    std::size_t read(std::span<std::uint8_t> into) override {
        std::memset(into.data(), 'x', into.size());
        return into.size();
    }
    void seek(std::int64_t /*offset*/) override {}
    std::optional<std::int64_t> size() override { return std::nullopt; }
};

// So many bytes can be read, at most `most`.
std::int64_t bytes_read(bool nested, std::int64_t most) {
    Guard guard;
    guard.guard.note_packet();
    AvReader reader(std::make_unique<Endless>(), guard.guard, "http://e.org/a", nested);
    std::vector<unsigned char> some(1U << 20U);
    std::int64_t total = 0;
    while (total < most) {
        const int got = avio_read(reader.context(), some.data(), static_cast<int>(some.size()));
        if (got <= 0) break;
        total += got;
    }
    return total;
}

TEST(AvReader, EndsAFileThatAPlaylistNamesWhereItIsTooLong) {
    constexpr std::int64_t kMost = std::int64_t{256} << 20U;
    constexpr std::int64_t kMore = kMost + (std::int64_t{8} << 20U);
    EXPECT_NEAR(static_cast<double>(bytes_read(true, kMore)), static_cast<double>(kMost), 2 << 20U);
    EXPECT_GE(bytes_read(false, kMore), kMore);
}

}  // namespace
}  // namespace musicspace::transcoder
