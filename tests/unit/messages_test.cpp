#include "relay/session/messages.h"

#include <gtest/gtest.h>

namespace musicspace::relay {
namespace {

TEST(ClientMessages, CommandsAreUnderstood) {
    const auto message = parse_client_message(R"({"type":"command","id":3,"op":"seek","positionMs":1500,"epoch":9})");
    const auto& command = std::get<CommandMessage>(message);
    EXPECT_EQ(command.id, 3);
    EXPECT_EQ(command.epoch, 9U);
    EXPECT_EQ(std::get<Seek>(command.command).position, media_time(72'000));
}

TEST(ClientMessages, WhatIsWrongIsSaidAndNothingThrows) {
    for (const char* text : {"",
                             "x",
                             "[]",
                             "null",
                             "{}",
                             R"({"type":5})",
                             R"({"type":"dance"})",
                             R"({"type":"command"})",
                             R"({"type":"command","id":"a","op":"pause"})",
                             R"({"type":"command","id":18446744073709551615,"op":"pause"})",
                             R"({"type":"command","id":1,"op":"explode"})",
                             R"({"type":"command","id":1,"op":"seek"})",
                             R"({"type":"command","id":1,"op":"seek","positionMs":-1})",
                             R"({"type":"command","id":1,"op":"seek","positionMs":1e308})",
                             R"({"type":"command","id":1,"op":"seek","positionMs":"1"})",
                             R"({"type":"command","id":1,"op":"pause","epoch":-1})",
                             R"({"type":"command","id":1,"op":"pause","epoch":99999999999})",
                             R"({"type":"command","id":1,"op":"play"})",
                             R"({"type":"command","id":1,"op":"play","link":{}})",
                             "{\"type\":\"\xff\"}"}) {
        const auto message = parse_client_message(text);
        const auto* bad = std::get_if<BadMessage>(&message);
        ASSERT_NE(bad, nullptr) << text;
        EXPECT_FALSE(bad->problem.detail.empty());
    }
}

TEST(ClientMessages, ASyncReportIsThreeSaneNumbers) {
    const auto message = parse_client_message(R"({"type":"sync","errorMs":-0.4,"rttMs":12,"bufferMs":2900})");
    const auto& report = std::get<SyncReport>(message);
    EXPECT_DOUBLE_EQ(report.error_ms, -0.4);
    EXPECT_DOUBLE_EQ(report.rtt_ms, 12);
    EXPECT_DOUBLE_EQ(report.buffer_ms, 2900);
    for (const char* text : {R"({"type":"sync"})", R"({"type":"sync","errorMs":1e99,"rttMs":1,"bufferMs":1})",
                             R"({"type":"sync","errorMs":"0","rttMs":1,"bufferMs":1})", R"({"type":"sync","errorMs":0,"rttMs":1})"}) {
        EXPECT_TRUE(std::holds_alternative<BadMessage>(parse_client_message(text))) << text;
    }
}

TEST(ClientMessages, ABadCommandsAnswerCarriesItsId) {
    const auto message = parse_client_message(R"({"type":"command","id":41,"op":"explode"})");
    EXPECT_EQ(std::get<BadMessage>(message).id, 41);
}

}  // namespace
}  // namespace musicspace::relay
