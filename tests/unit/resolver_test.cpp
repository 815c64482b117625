// Links, yt-dlp's answers and yt-dlp's errors.

#include "transcoder/resolver.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "transcoder/artwork.h"
#include "transcoder/link.h"
#include "transcoder/listing.h"
#include "transcoder/resolver_errors.h"
#include "transcoder/ytdlp_json.h"

namespace musicspace::transcoder {
namespace {

TEST(Link, HttpAndHttpsAreAccepted) {
    for (const std::string link : {"https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3", "http://localhost:8000/a.mp3",
                                   "https://[2001:db8::1]/x", "HTTPS://EXAMPLE.ORG/a%20b"}) {
        EXPECT_EQ(std::get<std::string>(check_link(" " + link + "\n")), link);
    }
    EXPECT_EQ(std::get<std::string>(check_link("https://example.org/ä")), "https://example.org/%C3%A4");
}

TEST(Link, EverythingElseIsRefusedWithASentence) {
    for (const std::string& text :
         {std::string(), std::string("  "), std::string("never gonna give you up"), std::string("ftp://example.org/a"),
          std::string("file:///etc/passwd"), std::string("--exec=touch /tmp/x"), std::string("--exec://x"), std::string("-o://x"),
          std::string("https://"), std::string("http://u:p@example.org/"), std::string("https://a b/"),
          std::string("https://example.org/\x01"), "https://example.org/" + std::string(10'000, 'a'), std::string("javascript://x"),
          std::string("ytsearch:abc")}) {
        const auto result = check_link(text);
        ASSERT_TRUE(std::holds_alternative<TranscodeError>(result)) << text;
        EXPECT_EQ(std::get<TranscodeError>(result).fault, Fault::bad_link);
    }
}

TEST(ResolverErrors, AreTurnedIntoSentences) {
    struct Case {
        const char* text;
        Fault fault;
    };
    for (const Case& each : {
             Case{"ERROR: [generic] Unable to download webpage: HTTP Error 404: Not Found; please report this issue", Fault::not_found},
             Case{"ERROR: [youtube] x: Private video. Sign in if you've been granted access", Fault::is_private},
             Case{"ERROR: [youtube] x: Sign in to confirm your age. This video may be inappropriate", Fault::age_restricted},
             Case{"ERROR: [youtube] x: This video is not available in your country", Fault::geo_blocked},
             Case{"ERROR: Unsupported URL: https://example.org/", Fault::unsupported},
             Case{"ERROR: Unable to download webpage: <urlopen error [Errno -2] Name or service not known>", Fault::no_network},
             Case{"ERROR: [youtube] x: Unable to extract uploader id; please report this issue on GitHub", Fault::outdated_ytdlp},
             Case{"ERROR: [generic] x: Error reading response: 67 bytes read (caused by <IncompleteRead: 67 bytes read>); please report "
                  "this issue",
                  Fault::no_network},
             Case{"ERROR: something new", Fault::unreadable},
         }) {
        const TranscodeError error = explain_ytdlp_error(each.text);
        EXPECT_EQ(error.fault, each.fault) << each.text;
        EXPECT_FALSE(error.detail.empty());
    }
}

TEST(YtdlpAnswer, GivesTheTrack) {
    const Track track =
        track_from_ytdlp(R"({"title":"T","uploader":"U","duration":12.5,"url":"https://m.example/a","thumbnail":"https://i.example/t.jpg",
        "is_live":false,"http_headers":{"User-Agent":"x"}})",
                         "https://example.org/");
    EXPECT_EQ(track.title, "T");
    EXPECT_EQ(track.artist, "U");
    EXPECT_EQ(track.duration, MediaDuration(600'000));
    ASSERT_EQ(track.headers.size(), 1U);
}

TEST(YtdlpAnswer, TheFirstEntryOfAPlaylistCounts) {
    EXPECT_EQ(track_from_ytdlp(R"({"_type":"playlist","entries":[{"title":"first","url":"http://m/a"}]})", "").title, "first");
}

TEST(Artwork, OnlyPicturesThatCannotHoldScriptsAreTaken) {
    EXPECT_EQ(picture_type("\xff\xd8\xff\xe0 rest"), "image/jpeg");
    EXPECT_EQ(picture_type("\x89PNG\r\n\x1a\n rest"), "image/png");
    EXPECT_EQ(picture_type("GIF89a rest"), "image/gif");
    EXPECT_EQ(picture_type("RIFF....WEBPVP8 "), "image/webp");
    for (const char* text : {"", "<svg onload=alert(1)>", "<!doctype html>", "RIFF....WAVE", "\x89PNG", "%PDF-1.7"})
        EXPECT_FALSE(picture_type(text)) << text;
}

TEST(YtdlpAnswer, NonsenseIsRefused) {
    for (const char* text :
         {"", "null", "[1]", "{}", R"({"url":"file:///etc/passwd"})", R"({"url":5})", R"({"entries":[]})", R"({"entries":[null]})"}) {
        EXPECT_THROW(static_cast<void>(track_from_ytdlp(text, "")), TranscodeFailure) << text;
    }
    const Track odd = track_from_ytdlp(R"({"url":"http://m/a","duration":1e300,"thumbnail":"javascript:x","title":7})", "");
    EXPECT_FALSE(odd.duration);
    EXPECT_TRUE(odd.artwork_url.empty());
}

TEST(YtdlpAnswer, ChaptersAreReadAndNonsenseAmongThemIsNot) {
    const Track track = track_from_ytdlp(R"({"url":"https://e.org/a","duration":-5,"chapters":[
        {"start_time":60.5,"title":"Second"},{"start_time":0,"title":"First"},{"start_time":-1,"title":"x"},{"start_time":"7","title":"x"},
        {"start_time":1e300,"title":"x"},{"start_time":3},{"title":"x"},null,7]})",
                                         "https://e.org/");
    const std::vector<Chapter> wanted{{MediaTime{}, "First"}, {media_time(2'904'000), "Second"}};
    EXPECT_EQ(track.chapters, wanted);
    EXPECT_FALSE(track.duration);
    std::string many = R"({"url":"https://e.org/a","chapters":[)";
    for (int i = 0; i < 1000; ++i) many += R"({"start_time":1,"title":"x"},)";
    EXPECT_EQ(track_from_ytdlp(many + "null]}", "https://e.org/").chapters.size(), kMostChapters);
}

TEST(YtdlpAnswer, HeadersThatWouldBreakOutOfTheRequestAreLeftOut) {
    const Track track = track_from_ytdlp(
        R"({"url":"https://e.org/a","http_headers":{"User-Agent":"x y","Bad\r\nHost":"a","Bad: x":"a","":"a","Value":"a\r\nHost: b","N":7}})",
        "https://e.org/");
    const std::vector<std::pair<std::string, std::string>> wanted{{"User-Agent", "x y"}};
    EXPECT_EQ(track.headers, wanted);
}

TEST(YtdlpAnswer, ThousandsOfHeadersAreNotCarriedAlong) {
    std::string many = R"({"url":"https://e.org/a","http_headers":{)";
    for (int i = 0; i < 10'000; ++i) many.append("\"X-").append(std::to_string(i)).append("\":\"").append(50, 'v').append("\",");
    EXPECT_LE(track_from_ytdlp(many + R"("Z":"z"}})", "").headers.size(), 32U);
    const std::string one = R"({"url":"https://e.org/a","http_headers":{"Referer":"r","X":")" + std::string(60'000, 'v') + R"("}})";
    EXPECT_EQ(track_from_ytdlp(one, "").headers.size(), 1U);
}

TEST(YtdlpAnswer, KeepsTheFieldsThatAreRead) {
    const auto answer = read_answer(R"({"title":"T","formats":[{"url":"x","fragments":[[1],[2]]}],"subtitles":{"de":[{}]},"is_live":true,
        "entries":[{"title":"E","heatmap":[1,2],"thumbnails":[{"url":"u","width":7}],"formats":null,"http_headers":{"A":"b"}},null,
        {"entries":[{"id":"i","description":"d"}]}],"description":"long","playlist_count":3})");
    ASSERT_TRUE(answer);
    EXPECT_EQ(*answer, nlohmann::json::parse(R"({"title":"T","is_live":true,"playlist_count":3,"entries":[{"title":"E",
        "thumbnails":[{"url":"u","width":7}],"http_headers":{"A":"b"}},null,{"entries":[{"id":"i"}]}]})"));
}

TEST(YtdlpAnswer, LongTextsAreCutAtAWholeCharacter) {
    std::string title;
    while (title.size() < 3'000'000) title += "a\u00e4\U0001f600";
    const auto answer = read_answer(R"({"url":"https://e.org/a","title":")" + title + "\"}");
    ASSERT_TRUE(answer);
    const std::string kept = text_of(*answer, "title");
    EXPECT_LE(kept.size(), AnswerLimits{}.kept_text_bytes);
    EXPECT_GT(kept.size(), AnswerLimits{}.kept_text_bytes - 4);
    EXPECT_NO_THROW(static_cast<void>(answer->dump()));  // throws for half a character
}

TEST(YtdlpAnswer, HalfOfASurrogatePairCostsOneCharacter) {
    const auto title = [](const std::string& written) {
        const auto answer = read_answer("{\"title\":\"" + written + "\"}");
        return answer ? text_of(*answer, "title") : "refused";
    };
    const std::string lost = "\xEF\xBF\xBD";
    EXPECT_EQ(title("a\\ud83d"), "a" + lost);
    EXPECT_EQ(title("\\ude00b"), lost + "b");
    EXPECT_EQ(title("\\ud83d\\ud83d\\uDE00"), lost + "\U0001F600");
    EXPECT_EQ(title("\\ud83d\\n\\u00e4"), lost + "\n\u00e4");
    EXPECT_EQ(title("\\ud83d\\ude00"), "\U0001F600");
    EXPECT_EQ(title(R"(\\ud83d)"), R"(\ud83d)");  // a backslash and a word
    EXPECT_EQ(title("\\ud8"), "refused");
}

TEST(YtdlpAnswer, WhatIsTooDeepOrTooMuchIsRefused) {
    EXPECT_TRUE(read_answer("{\"formats\":" + std::string(31, '[') + std::string(31, ']') + "}"));
    EXPECT_FALSE(read_answer("{\"formats\":" + std::string(32, '[') + std::string(32, ']') + "}"));
    EXPECT_TRUE(read_answer(R"({"title":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\"})"));
    EXPECT_FALSE(read_answer("{\"description\":\"" + std::string(5U << 20U, 'x') + "\"}"));
    const AnswerLimits few{.kept_values = 5, .kept_bytes = 40};
    EXPECT_TRUE(read_answer(R"({"chapters":[1,2,3],"formats":[1,2,3,4,5,6]})", few));
    EXPECT_FALSE(read_answer(R"({"chapters":[1,2,3,4]})", few));
    EXPECT_FALSE(read_answer(R"({"title":"0123456789012345678901234567890123456789"})", few));
    for (const char* text : {"", "[", "{", "[]", "7", "\"x\"", "{\"title\":\"", "{\"title\":\"\\", "{\"a\":1}}", "{\"entries\":[}"})
        EXPECT_FALSE(read_answer(text)) << text;
}

// Sanitizers need memory of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// As much as a child may print: see ChildSpec.
TEST(YtdlpAnswer, NoAnswerTakesMuchMoreMemoryThanItIsLong) {
    constexpr std::size_t kBytes = 16U << 20U;
    constexpr long kMostKilobytes = 32L << 10U;
    const auto repeated = [](const std::string& begin, const std::string& piece, const std::string& end) {
        std::string text = begin;
        text.reserve(kBytes);
        while (text.size() + piece.size() + end.size() < kBytes) text += piece;
        return text + end;
    };
    const std::string texts[]{
        repeated("", "[", ""),
        repeated("{\"chapters\":[", "[],", "[]]}"),
        repeated("{\"formats\":[", "{\"a\":{}},", "0]}"),
        repeated("{\"entries\":[", "{\"title\":\"x\"},", "0]}"),
        repeated("{\"http_headers\":{\"\":0", ",\"\":0", "}}"),
        repeated("{\"title\":\"", "x", "\"}"),
        repeated("{\"", "x", "\":0}"),
        repeated("{\"title\":", "1", "}"),
        repeated("{\"title\":", " ", "1}"),
    };
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    for (const std::string& text : texts) {
        EXPECT_THROW(static_cast<void>(track_from_ytdlp(text, "")), TranscodeFailure);
        try {
            EXPECT_LE(listing_from_ytdlp(text, "", 500).entries.size(), 500U);
        } catch (const TranscodeFailure&) {
        }
    }
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, kMostKilobytes);
}
#endif

TEST(YtdlpAnswer, ARunOutsideOfStringsIsBounded) {
    constexpr std::size_t kMost = 64U << 10U;
    for (const char c : {' ', '1', 't'}) EXPECT_FALSE(read_answer("{\"title\":" + std::string(kMost + 1, c) + "\"x\"}")) << c;
    EXPECT_TRUE(read_answer("{\"title\":" + std::string(kMost, ' ') + "\"x\"}"));
    // What stands in a string is bounded as a string is.
    EXPECT_TRUE(read_answer("{\"title\":\"" + std::string(kMost + 1, ' ') + "\"}"));
}

TEST(YtdlpAnswer, AnAddressThatIsTooLongIsNone) {
    const auto address = [](std::size_t bytes) { return "https://e.org/" + std::string(bytes - 14, 'x'); };
    const auto answer = [](const std::string& media, const std::string& picture) {
        return track_from_ytdlp("{\"url\":\"" + media + "\",\"thumbnail\":\"" + picture + "\"}", "");
    };
    constexpr std::size_t kMost = 16U << 10U;
    EXPECT_EQ(answer(address(kMost), address(kMost)).artwork_url, address(kMost));
    EXPECT_EQ(answer(address(kMost), address(kMost + 1)).artwork_url, "");
    EXPECT_THROW(answer(address(kMost + 1), ""), TranscodeFailure);
}

}  // namespace
}  // namespace musicspace::transcoder
