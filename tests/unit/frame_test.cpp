#include "relay/broadcast/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "relay/session/messages.h"

namespace musicspace::relay {
namespace {

std::vector<std::uint8_t> golden(const std::string& name) {
    std::ifstream file(MUSICSPACE_SOURCE_DIR "/tests/wire/" + name);
    std::vector<std::uint8_t> bytes;
    for (std::string word; file >> word;) bytes.push_back(static_cast<std::uint8_t>(std::stoi(word, nullptr, 16)));
    return bytes;
}

TEST(Wire, AudioFrameMatchesTheWorkedExample) {
    const std::vector<transcoder::Packet> packets{{media_time(-312), {0xfc, 0xff, 0xfe}}, {media_time(648), {0xf8}}};
    const FramePtr frame = make_frame({Tier::kbps96, 7, server_time(100'000'000), server_time(100'040'000), 1}, packets);
    EXPECT_TRUE(std::ranges::equal(frame->payload(), golden("audio_frame.hex")));
    EXPECT_EQ(frame->bytes[0], 0x82) << "a binary WebSocket message in one piece";
}

TEST(Wire, TimeAnswerMatchesTheWorkedExample) {
    EXPECT_EQ(time_answer_bytes({123'456, server_time(100'000'000)}, server_time(100'000'042)), golden("time_answer.hex"));
}

TEST(Wire, TimeQuestionIsReadAndAnythingElseIsNot) {
    const std::vector<std::uint8_t> question{2, 0, 0, 0, 0, 0, 1, 0xe2, 0x40};
    EXPECT_EQ(parse_time_question(question), 123'456);
    EXPECT_FALSE(parse_time_question(std::vector<std::uint8_t>{2, 0}));
    EXPECT_FALSE(parse_time_question(std::vector<std::uint8_t>{1, 0, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_FALSE(parse_time_question({}));
}

TEST(Wire, HeadersAreAsLongAsTheirMessagesNeed) {
    for (const std::size_t size : {0U, 125U, 126U, 65'535U, 65'536U}) {
        const WirePtr message = make_text(std::string(size, 'x'));
        EXPECT_EQ(message->bytes[0], 0x81);
        EXPECT_EQ(message->payload().size(), size);
        EXPECT_EQ(message->bytes.size(), size + wire_header_bytes(size));
    }
}

TEST(Wire, TheProtocolDocumentShowsTheseBytes) {
    std::ifstream file(MUSICSPACE_SOURCE_DIR "/docs/protocol.md");
    const std::string document((std::istreambuf_iterator<char>(file)), {});
    for (const char* name : {"audio_frame.hex", "time_answer.hex"}) {
        std::ifstream hex(std::string(MUSICSPACE_SOURCE_DIR "/tests/wire/") + name);
        for (std::string line; std::getline(hex, line);) EXPECT_NE(document.find(line), std::string::npos) << name << ": " << line;
    }
}

}  // namespace
}  // namespace musicspace::relay
