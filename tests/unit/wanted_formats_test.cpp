// The lists of what FFmpeg may open, against all that this FFmpeg has.

#include "transcoder/wanted_formats.h"

#include <gtest/gtest.h>

#include <sstream>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/mem.h>
}

namespace musicspace::transcoder {
namespace {

TEST(WantedFormats, HoldNoDecoderThatIsNotOfSound) {
    int sound = 0;
    int others = 0;
    void* place = nullptr;
    while (const AVCodec* codec = av_codec_iterate(&place)) {
        if (av_codec_is_decoder(codec) == 0) continue;
        const bool wanted = av_match_list(codec->name, kWantedDecoders, ',') != 0;
        if (codec->type == AVMEDIA_TYPE_AUDIO) {
            sound += wanted ? 1 : 0;
            continue;
        }
        ++others;
        EXPECT_FALSE(wanted) << codec->name;
        // What opens a decoder with the list, as the demuxer and its probing do, is refused.
        AVCodecContext* context = avcodec_alloc_context3(codec);
        context->codec_whitelist = av_strdup(kWantedDecoders);
        EXPECT_LT(avcodec_open2(context, codec, nullptr), 0) << codec->name;
        avcodec_free_context(&context);
    }
    EXPECT_GT(sound, 20);
    EXPECT_GT(others, 20);
}

// Containers that name other files, and pictures, would lead to this machine's own files.
TEST(WantedFormats, HoldNoContainerThatNamesOtherFilesButPlaylistsOfTheNet) {
    for (const char* name : {"concat", "concatf", "image2", "image2pipe", "sdp", "rtsp", "dash", "imf", "lavfi", "ffmetadata", "tee",
                             "subviewer", "srt", "png_pipe", "gif"})
        EXPECT_EQ(av_match_list(name, kWantedFormats, ','), 0) << name;
    std::istringstream all(kWantedFormats);
    for (std::string name; std::getline(all, name, ',');) EXPECT_NE(av_find_input_format(name.c_str()), nullptr) << name;
}

}  // namespace
}  // namespace musicspace::transcoder
