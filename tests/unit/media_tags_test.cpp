// Tags of a file as they are read from it: long ones are cut, and so many chapters are read.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string_view>

#include "transcoder/demuxer.h"

namespace musicspace::transcoder {
namespace {

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> static_cast<unsigned>(shift)));
    return bytes;
}

// Seven bits a byte, as ID3v2.4 writes sizes.
std::string size_of(std::size_t size) {
    std::string bytes;
    for (int shift = 21; shift >= 0; shift -= 7) bytes.push_back(static_cast<char>(size >> static_cast<unsigned>(shift) & 0x7fU));
    return bytes;
}

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string all;
    for (const std::string_view part : parts) all.append(part);
    return all;
}

std::string tag(std::string_view name, std::string_view content) { return joined({name, size_of(content.size()), {"\0\0", 2}, content}); }
std::string text(std::string_view name, std::string_view content) { return tag(name, joined({"\x03", content})); }

// FFmpeg reads the sizes inside of a chapter eight bits a byte.
std::string chapter(std::uint32_t number, std::string_view title) {
    const std::string named = joined({"TIT2", big_endian(static_cast<std::uint32_t>(title.size() + 1)), {"\0\0", 2}, "\x03", title});
    return tag(
        "CHAP",
        joined({std::to_string(number), {"\0", 1}, big_endian(number * 10), big_endian(number * 10 + 10), std::string(8, '\xff'), named}));
}

// A second of silence in MP3: 128 kbit/s at 44.1 kHz.
std::string silence() {
    std::string frames;
    for (int i = 0; i < 39; ++i) frames += "\xff\xfb\x90\x64" + std::string(413, '\0');
    return frames;
}

TEST(MediaTags, AreCutAndSoManyChaptersAreRead) {
    std::string tags = text("TIT2", std::string(5'000, 't')) + text("TPE1", std::string(5'000, 'a'));
    for (std::uint32_t i = 0; i < 250; ++i) tags += chapter(i, joined({std::to_string(i), std::string(5'000, 'c')}));
    const std::string path = testing::TempDir() + "tagged_" + std::to_string(::getpid()) + ".mp3";
    std::ofstream(path, std::ios::binary) << "ID3\x04" << std::string(2, '\0') << size_of(tags.size()) << tags << silence();
    Track track;
    track.file = path;
    const Demuxer demuxer(std::make_shared<const Media>(track, AddressPolicy::allow_private, nullptr), std::stop_token());
    std::filesystem::remove(path);
    const StreamInfo info = demuxer.info();
    EXPECT_EQ(info.title, std::string(4'096, 't'));
    EXPECT_EQ(info.artist, std::string(4'096, 'a'));
    ASSERT_EQ(info.chapters.size(), kMostChapters);
    EXPECT_EQ(info.chapters.front().title, joined({"0", std::string(4'095, 'c')}));
    EXPECT_TRUE(info.chapters.back().title.starts_with(std::to_string(kMostChapters - 1)));
}

}  // namespace
}  // namespace musicspace::transcoder
