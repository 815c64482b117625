// What is shown of what sites and files say of a track.

#include "relay/room/track_text.h"

#include <gtest/gtest.h>

#include "relay/base/text.h"

namespace musicspace::relay {
namespace {

TEST(TrackText, IsCutWhereItIsLongerThanThereIsRoomFor) {
    transcoder::Track track;
    track.title = track.artist = std::string(2'000, 'x');
    for (int i = 0; i < 150; ++i) track.chapters.push_back({MediaTime{}, std::string(2'000, 'x')});
    track.artwork_url = "https://e.org/" + std::string(2'048 - 14, 'x');
    clean(track);
    EXPECT_EQ(track.title.size(), 300U);
    EXPECT_EQ(track.artist.size(), 300U);
    ASSERT_EQ(track.chapters.size(), 100U);
    EXPECT_EQ(track.chapters.back().title.size(), 100U);
    EXPECT_EQ(track.artwork_url.size(), 2'048U);
    track.artwork_url += "x";
    track.title.clear();
    for (int i = 0; i < 300; ++i) track.title += "👩‍🚀";
    track.chapters.front().title = track.title;
    clean(track);
    EXPECT_TRUE(track.artwork_url.empty());
    EXPECT_LE(track.title.size(), 1'200U);
    EXPECT_LE(track.chapters.front().title.size(), 400U);

    transcoder::TranscodeError error{transcoder::Fault::unreadable, std::string(3'000, 'x')};
    clean(error);
    EXPECT_EQ(error.detail.size(), 500U);
    error.detail.clear();
    for (int i = 0; i < 500; ++i) error.detail += "👩‍🚀";
    clean(error);
    EXPECT_LE(error.detail.size(), 2'000U);
}

}  // namespace
}  // namespace musicspace::relay
