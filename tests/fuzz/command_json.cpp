// Whatever a client sends: a message that keeps its promises, or a problem with a sentence.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "relay/base/text.h"
#include "relay/room/queue_rules.h"
#include "relay/room/state_json.h"
#include "relay/session/messages.h"
#include "tests/fuzz/demand.h"
#include "transcoder/link.h"

using namespace musicspace;
using namespace musicspace::relay;

namespace {

void demand_link(const std::string& link) {
    const auto checked = transcoder::check_link(link);
    demand(std::holds_alternative<std::string>(checked));
}

void check(const Problem& problem) {
    demand(problem.status >= 400 && problem.status < 600 && !problem.code.empty() && !problem.title.empty() && !problem.detail.empty());
    demand(nlohmann::json::accept(problem_json(problem)));
}

void check(const Command& command) {
    if (const auto* play = std::get_if<PlayLink>(&command)) demand_link(play->link);
    if (const auto* add = std::get_if<AddToQueue>(&command)) demand_link(add->link);
    if (const auto* many = std::get_if<AddManyToQueue>(&command)) {
        demand(!many->items.empty() && many->items.size() <= kMostQueued);
        for (const Listed& item : many->items) {
            demand_link(item.link);
            demand_clean(item.title, kTitleText);
            demand_clean(item.artist, kArtistText);
            demand(!item.duration_ms || *item.duration_ms > 0);
        }
    }
    if (const auto* name = std::get_if<SetName>(&command)) demand_clean(name->name, kRoomNameText);
    if (const auto* say = std::get_if<Say>(&command)) demand_clean(say->text, kChatText);
    if (const auto* volume = std::get_if<SetVolume>(&command)) demand(volume->percent >= 0 && volume->percent <= 100);
    if (const auto* speed = std::get_if<SetSpeed>(&command)) demand(speed->speed >= kSlowest && speed->speed <= kFastest);
    if (const auto* seek = std::get_if<Seek>(&command)) demand(seek->position >= MediaTime{});
    if (const auto* sleep = std::get_if<SetSleep>(&command)) demand(sleep->in.count() >= 0 && sleep->in.count() <= 24 * 60);
    if (const auto* rights = std::get_if<SetRights>(&command)) demand(rights->rights.skip_share >= 1 && rights->rights.skip_share <= 100);
    demand(!op_of(command).empty());
    demand(nlohmann::json::accept(arguments_json(command)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const ClientMessage message = parse_client_message(text);
    if (const auto* bad = std::get_if<BadMessage>(&message)) {
        check(bad->problem);
        demand(nlohmann::json::accept(error_json(bad->id, bad->problem)));
    }
    if (const auto* command = std::get_if<CommandMessage>(&message)) check(command->command);
    if (const auto* hello = std::get_if<Hello>(&message)) {
        demand(hello->code.find('\0') == std::string::npos && hello->token.find('\0') == std::string::npos);
    }
    if (const auto* report = std::get_if<SyncReport>(&message)) {
        for (const double number : {report->error_ms, report->rtt_ms, report->buffer_ms}) demand(std::abs(number) <= 1e6);
    }
    const auto body = parse_command_body(text);
    if (const auto* problem = std::get_if<Problem>(&body)) check(*problem);
    if (const auto* command = std::get_if<CommandMessage>(&body)) check(command->command);
    const auto member = parse_new_member(text);
    if (const auto* problem = std::get_if<Problem>(&member)) check(*problem);
    if (const auto* one = std::get_if<NewMember>(&member)) demand_clean(one->name, kNameText);
    (void)parse_time_question({data, size});
    return 0;
}
