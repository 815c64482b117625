// Files that claim more than they hold, and sites that lead on and on: each ends with a reason, in its time, in little memory.

#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <span>
#include <thread>

#include "tests/unit/scripted_site.h"
#include "transcoder/decoder.h"
#include "transcoder/demuxer.h"
#include "transcoder/source/mp4_claims.h"
#include "transcoder/source/playlist_watch.h"

namespace musicspace::transcoder {
namespace {

using namespace std::chrono_literals;
using Request = ScriptedSite::Request;
using Connection = ScriptedSite::Connection;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> static_cast<unsigned>(shift)));
    return bytes;
}

std::string little_endian(std::uint32_t value, int count) {
    std::string bytes;
    for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(value >> static_cast<unsigned>(8 * i)));
    return bytes;
}

std::string box(const std::string& name, const std::string& content) {
    return big_endian(static_cast<std::uint32_t>(content.size() + 8)) + name + content;
}

// 16 bits a sample.
std::string wav(std::uint32_t rate, std::uint32_t channels, std::size_t bytes) {
    const auto data = static_cast<std::uint32_t>(bytes);
    return "RIFF" + little_endian(36 + data, 4) + "WAVEfmt " + little_endian(16, 4) + little_endian(1, 2) + little_endian(channels, 2) +
           little_endian(rate, 4) + little_endian(rate * channels * 2, 4) + little_endian(channels * 2, 2) + little_endian(16, 2) + "data" +
           little_endian(data, 4) + std::string(bytes, '\x11');
}

// An MP4 track whose table announces `samples` samples of one size, without a byte for any.
std::string mp4_track(std::uint32_t samples) {
    const std::string sizes = box("stsz", big_endian(0) + big_endian(1) + big_endian(samples));
    return box("trak", box("mdia", box("minf", box("stbl", sizes))));
}

class HostileMedia : public testing::Test {
protected:
    static Track file_track(const std::string& path) {
        Track track;
        track.file = path;
        return track;
    }
    // What opening `track` and playing its first second throws.
    static TranscodeError failure_of(const Track& track, OpeningLimits limits = {}) {
        const auto media = std::make_shared<const Media>(track, AddressPolicy::allow_private, nullptr, limits);
        try {
            Decoder decoder(std::make_unique<Demuxer>(media, std::stop_token()), MediaTime{});
            std::vector<float> pcm;
            while (pcm.size() < 2 * static_cast<std::size_t>(kSampleRate) && decoder.read(pcm)) {
            }
        } catch (const TranscodeFailure& failure) {
            return failure.value();
        }
        return {Fault::internal, "it plays"};
    }
    static Track at(const std::string& url) {
        Track track;
        track.media_url = url;
        return track;
    }
    static void answer(const Connection& connection, const std::string& body) {
        connection.text("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
        connection.body(body);
    }
    static std::string saved(const std::string& bytes) {
        std::string path = testing::TempDir() + "hostile_" + std::to_string(::getpid());
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
};

class OddRates : public HostileMedia, public testing::WithParamInterface<std::uint32_t> {};

TEST_P(OddRates, AreRefused) {
    const TranscodeError error = failure_of(file_track(saved(wav(GetParam(), 2, 200'000))));
    EXPECT_EQ(error.fault, Fault::unreadable);
    EXPECT_NE(error.detail.find(std::to_string(GetParam()) + " samples a second"), std::string::npos) << error.detail;
}
INSTANTIATE_TEST_SUITE_P(Rates, OddRates, testing::Values(1, 8, 100, 3'999, 1'000'000));

TEST_F(HostileMedia, TheLowestRatePlaysInSmallPieces) {
    const auto media = std::make_shared<const Media>(file_track(saved(wav(4'000, 2, 400'000))), AddressPolicy::allow_private, nullptr);
    Decoder decoder(std::make_unique<Demuxer>(media, std::stop_token()), MediaTime{});
    std::size_t total = 0;
    std::size_t largest = 0;
    std::vector<float> pcm;
    while (decoder.read(pcm)) {
        total += pcm.size() / kChannels;
        largest = std::max(largest, pcm.size() / kChannels);
        pcm.clear();
    }
    EXPECT_NEAR(static_cast<double>(total), 100'000.0 * 12, 500);
    EXPECT_LT(largest, 50'000U);
}

TEST_F(HostileMedia, ManyChannelsPlayOrAreRefused) {
    for (const std::uint32_t channels : {6U, 64U, 65U, 500U}) {
        const TranscodeError error = failure_of(file_track(saved(wav(48'000, channels, std::size_t{channels} * 2 * 48'000))));
        const bool plays = error.detail == "it plays";
        EXPECT_TRUE(plays || error.fault == Fault::unreadable || error.fault == Fault::no_audio) << channels << ": " << error.detail;
        EXPECT_TRUE(plays || channels > 6) << error.detail;
        EXPECT_TRUE(!plays || channels <= 64) << channels;
    }
}

TEST_F(HostileMedia, AMasterPlaylistThatNamesItselfIsRefused) {
    ScriptedSite site([](const Request&, const Connection& connection) {
        answer(connection, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n/self.m3u8\n");
    });
    const TranscodeError error = failure_of(at(site.url("/self.m3u8")));
    EXPECT_EQ(error.fault, Fault::unreadable);
    EXPECT_NE(error.detail.find("further playlists"), std::string::npos) << error.detail;
    EXPECT_LE(site.requests().size(), 3U);
}

TEST_F(HostileMedia, AMasterPlaylistOfThousandsIsRefused) {
    ScriptedSite site([](const Request& request, const Connection& connection) {
        std::string list = "#EXTM3U\n";
        if (request.path == "/master.m3u8") {
            for (int i = 0; i < 2'000; ++i) list += "#EXT-X-STREAM-INF:BANDWIDTH=1000\n/variant" + std::to_string(i) + ".m3u8\n";
        } else {
            list += "#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n/segment.ts\n#EXT-X-ENDLIST\n";
        }
        answer(connection, list);
    });
    const TranscodeError error = failure_of(at(site.url("/master.m3u8")), {.time = 60s, .enough = {}});
    EXPECT_EQ(error.fault, Fault::unreadable);
    EXPECT_NE(error.detail.find("more than 100 files"), std::string::npos) << error.detail;
    EXPECT_LE(site.requests().size(), 102U);
}

TEST_F(HostileMedia, APlaylistWithoutEndIsRefused) {
    ScriptedSite site([](const Request&, const Connection& connection) {
        connection.text("HTTP/1.0 200 OK\r\n\r\n");
        std::string part = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";
        for (int i = 0; i < 1'000; ++i) part += "#EXTINF:4,\nx.ts\n";
        while (connection.body(part)) {
        }
    });
    const TranscodeError error = failure_of(at(site.url("/endless.m3u8")));
    EXPECT_EQ(error.fault, Fault::unreadable);
    EXPECT_NE(error.detail.find("longer than this server reads"), std::string::npos) << error.detail;
    EXPECT_LT(site.bytes_sent(), 32 << 20);
}

// Each answer is the same playlist, which does not end: a player comes again and again for what is new.
TEST_F(HostileMedia, ALivePlaylistIsNotAskedForWithoutPause) {
    ScriptedSite site([](const Request& request, const Connection& connection) {
        if (request.path == "/live.m3u8") {
            answer(connection, "#EXTM3U\n#EXT-X-TARGETDURATION:0\n#EXTINF:0.001,\n/a.ts\n");
        } else {
            answer(connection, std::string(188 * 20, 'G'));
        }
    });
    const TranscodeError error = failure_of(at(site.url("/live.m3u8")), {.time = 3s, .enough = {}});
    EXPECT_NE(error.detail, "it plays");
    EXPECT_LE(site.requests().size(), static_cast<std::size_t>(kNestedBurst + 4 * kNestedPerSecond));
}

TEST_F(HostileMedia, ATagWithoutEndIsGivenUp) {
    ScriptedSite site([](const Request&, const Connection& connection) {
        connection.text("HTTP/1.0 200 OK\r\n\r\n");
        // Claims 256 MB.
        connection.body(std::string("ID3\x03\0\0\x7f\x7f\x7f\x7f", 10));
        const std::string zeros(65'536, '\0');
        while (connection.body(zeros)) {
        }
    });
    const TranscodeError error = failure_of(at(site.url("/tag.mp3")));
    EXPECT_EQ(error.fault, Fault::unreadable) << error.detail;
}

TEST_F(HostileMedia, ASiteThatSendsTooSlowlyIsGivenUpInTime) {
    std::ifstream demo(MUSICSPACE_SOURCE_DIR "/transcoder/demo/demo.opus", std::ios::binary);
    const std::string file((std::istreambuf_iterator<char>(demo)), {});
    ScriptedSite site([&](const Request&, const Connection& connection) {
        connection.text("HTTP/1.0 200 OK\r\n\r\n");
        // A site this slow, 1 KB a second, is what this tests.
        for (std::size_t at = 0; at < file.size() && connection.body(file.substr(at, 20)); at += 20) std::this_thread::sleep_for(20ms);
    });
    const auto begun = std::chrono::steady_clock::now();
    const TranscodeError error = failure_of(at(site.url()), {.time = 1s});
    EXPECT_EQ(error.fault, Fault::timed_out);
    EXPECT_NE(error.detail.find("too little of this track"), std::string::npos) << error.detail;
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

TEST_F(HostileMedia, ATrackThatHasSoundedMayStallForLong) {
    const auto media = std::make_shared<const Media>(file_track("unread"), AddressPolicy::allow_private, nullptr,
                                                     OpeningLimits{.time = 1ms, .enough = {}});
    media->opening()->note_sound(MediaDuration{1});
    EXPECT_FALSE(media->opening()->deadline().has_value());
}

TEST_F(HostileMedia, TablesThatClaimMillionsAreRefused) {
    const std::string ftyp = box("ftyp", "M4A " + big_endian(0));
    std::string tracks;
    for (int i = 0; i < 40; ++i) tracks += mp4_track(2'000'000);
    const TranscodeError error = failure_of(file_track(saved(ftyp + box("moov", tracks) + box("mdat", "xx"))));
    EXPECT_EQ(error.fault, Fault::unreadable);
    EXPECT_NE(error.detail.find("tables are larger"), std::string::npos) << error.detail;
}

TEST(Mp4Claims, CountsEachTableOnce) {
    const std::string file = mp4_track(1'000) + box("trun", big_endian(0) + big_endian(50));
    Mp4Claims claims;
    for (int i = 0; i < 3; ++i) claims.feed(bytes_of(file), 0);
    EXPECT_EQ(claims.samples(), 1'050);
    EXPECT_EQ(claims.tracks(), 1);
    EXPECT_FALSE(claims.fragmented());
    EXPECT_FALSE(claims.packed());
}

TEST(Mp4Claims, SeesNamesThatAreCutAnywhere) {
    const std::string file = "xyz" + mp4_track(1'000) + box("trex", "") + "dcomzlib";
    for (std::size_t piece = 1; piece < 40; ++piece) {
        Mp4Claims claims;
        for (std::size_t at = 0; at < file.size(); at += piece)
            claims.feed(bytes_of(file.substr(at, piece)), static_cast<std::int64_t>(at));
        EXPECT_EQ(claims.samples(), 1'000) << piece;
        EXPECT_TRUE(claims.fragmented()) << piece;
        EXPECT_TRUE(claims.packed()) << piece;
    }
}

TEST(PlaylistWatch, EstimatesWhatSegmentsTake) {
    PlaylistWatch watch(100);
    watch.feed(bytes_of("#EXTM3U\r\n#EXTINF:4,\r\na.ts\r\n#EXTINF:4,\nb.ts\n"));
    EXPECT_TRUE(watch.is_playlist());
    EXPECT_FALSE(watch.is_master());
    EXPECT_GT(watch.memory(), 200);
    EXPECT_LT(watch.memory(), 1'000);
}

TEST(PlaylistWatch, AKeyCountsForEachSegmentThatItIsCopiedTo) {
    PlaylistWatch watch(10);
    watch.feed(bytes_of("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"" + std::string(3'000, 'k') + "\"\n"));
    for (int i = 0; i < 100; ++i) watch.feed(bytes_of("#EXTINF:1,\nx\n"));
    EXPECT_GT(watch.memory(), 300'000);
}

TEST(PlaylistWatch, KnowsAMasterPlaylistAndWhatIsNone) {
    PlaylistWatch master(10);
    master.feed(bytes_of("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8\n"));
    EXPECT_TRUE(master.is_master());
    PlaylistWatch sound(10);
    sound.feed(bytes_of("#EXT\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"));
    EXPECT_FALSE(sound.is_playlist());
    EXPECT_FALSE(sound.is_master());
}

}  // namespace
}  // namespace musicspace::transcoder
