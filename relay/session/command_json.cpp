#include "relay/session/command_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "relay/auth/passwords.h"
#include "relay/base/text.h"
#include "relay/json_text.h"
#include "relay/room/queue_rules.h"
#include "relay/session/track_json.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;
using ParsedCommand = std::variant<Command, Problem>;

constexpr int kLongestSleepMinutes = 24 * 60;

std::string op_name(const Json& object) { return text_of(object, "op"); }

// Ids are texts on the wire: numbers beyond 2^53 do not survive every program.
template <typename Id>
std::optional<Id> id_of(const Json& object, const char* key) {
    const std::string text = text_of(object, key);
    Id id{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return id;
}

std::optional<bool> switch_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() ? std::optional(found->get<bool>()) : std::nullopt;
}

template <typename Plain>
ParsedCommand plain(const Json& /*object*/) {
    return Plain{};
}

ParsedCommand parse_play(const Json& object) {
    auto link = link_of(object);
    if (auto* problem = std::get_if<Problem>(&link)) return std::move(*problem);
    return PlayLink{std::get<std::string>(std::move(link))};
}

ParsedCommand parse_add(const Json& object) {
    auto link = link_of(object);
    if (auto* problem = std::get_if<Problem>(&link)) return std::move(*problem);
    return AddToQueue{std::get<std::string>(std::move(link)), switch_of(object, "next").value_or(false)};
}

ParsedCommand parse_add_many(const Json& object) {
    const auto items = object.find("items");
    if (items == object.end() || !items->is_array() || items->empty() || items->size() > kMostQueued)
        return bad_message("addMany needs items: 1 to 500 of them, each with a link.");
    AddManyToQueue command;
    for (const Json& each : *items) {
        if (!each.is_object()) return bad_message("Each of addMany's items has to be an object with a link.");
        auto track = track_of(each);
        if (auto* problem = std::get_if<Problem>(&track)) return std::move(*problem);
        command.items.push_back(std::get<Listed>(std::move(track)));
    }
    if (object.contains("before") && !object["before"].is_null()) {
        command.before = id_of<ItemId>(object, "before");
        if (!command.before) return bad_message("before has to be an item's id.");
    }
    return command;
}

template <typename ItemCommand>
ParsedCommand parse_item(const Json& object) {
    const auto item = id_of<ItemId>(object, "item");
    if (!item) return bad_message(op_name(object) + " needs an item: its id in the queue.");
    return ItemCommand{*item};
}

ParsedCommand parse_move(const Json& object) {
    MoveInQueue command;
    const auto item = id_of<ItemId>(object, "item");
    if (!item) return bad_message("move needs an item: its id in the queue.");
    command.item = *item;
    if (const auto before = object.find("before"); before != object.end() && !before->is_null()) {
        command.before = id_of<ItemId>(object, "before");
        if (!command.before) return bad_message("before has to be an item's id, or null for the end.");
    }
    return command;
}

ParsedCommand parse_vote(const Json& object) {
    const auto item = id_of<ItemId>(object, "item");
    const auto on = switch_of(object, "on");
    if (!item || !on) return bad_message("vote needs an item and on: true or false.");
    return Vote{*item, *on};
}

ParsedCommand parse_repeat(const Json& object) {
    const std::string mode = text_of(object, "mode");
    if (mode == "off") return SetRepeat{Repeat::off};
    if (mode == "one") return SetRepeat{Repeat::one};
    if (mode == "all") return SetRepeat{Repeat::all};
    return bad_message("repeat needs a mode: off, one or all.");
}

template <typename Switch>
ParsedCommand parse_switch(const Json& object) {
    const auto on = switch_of(object, "on");
    if (!on) return bad_message(op_name(object) + " needs on: true or false.");
    return Switch{*on};
}

ParsedCommand parse_seek(const Json& object) {
    constexpr double kLongest = 1e12;
    const auto position = number_of(object, "positionMs", 0, kLongest);
    if (!position) return bad_message("seek needs a number positionMs of 0 or more.");
    return Seek{media_time(std::llround(*position * static_cast<double>(kSampleRate) / 1000.0))};
}

ParsedCommand parse_speed(const Json& object) {
    const auto speed = number_of(object, "speed", static_cast<double>(kSlowest) / 100, static_cast<double>(kFastest) / 100);
    if (!speed) return bad_message("speed has to be a number from 0.5 to 2.");
    return SetSpeed{std::llround(*speed * 100 / kSpeedStep) * kSpeedStep};
}

ParsedCommand parse_volume(const Json& object) {
    const auto volume = number_of(object, "volume", 0, 1);
    if (!volume) return bad_message("volume has to be a number from 0 to 1.");
    return SetVolume{static_cast<int>(std::lround(*volume * 100))};
}

ParsedCommand parse_sleep(const Json& object) {
    const auto minutes = number_of(object, "minutes", 0, kLongestSleepMinutes);
    if (!minutes) return bad_message("sleep needs minutes: 0 (not at all) to 1440.");
    return SetSleep{std::chrono::minutes(std::lround(*minutes))};
}

std::optional<Role> role_of(const Json& object, const char* key) {
    const std::string name = text_of(object, key);
    for (const Role role : {Role::listener, Role::dj, Role::host}) {
        if (name_of(role) == name) return role;
    }
    return std::nullopt;
}

ParsedCommand parse_role(const Json& object) {
    const auto member = id_of<MemberId>(object, "member");
    const auto role = role_of(object, "role");
    if (!member || !role) return bad_message("role needs a member and a role: listener, dj or host.");
    return SetRole{*member, *role};
}

ParsedCommand parse_rights(const Json& object) {
    constexpr std::array<std::pair<std::string_view, Rights>, 4> kPresets{
        {{"everyone", kEveryone}, {"djs", kDjs}, {"host", kHostOnly}, {"vote", kVote}}};
    if (object.contains("preset")) {
        const std::string name = text_of(object, "preset");
        const auto* preset = std::ranges::find(kPresets, name, &std::pair<std::string_view, Rights>::first);
        if (preset == kPresets.end()) return bad_message("preset has to be everyone, djs, host or vote.");
        return SetRights{preset->second};
    }
    Rights rights;
    for (const auto& [key, right] : {std::pair("control", &rights.control), std::pair("add", &rights.add),
                                     std::pair("reorder", &rights.reorder), std::pair("skip", &rights.skip)}) {
        const auto role = role_of(object, key);
        if (!role) return bad_message(std::string("rights needs a preset, or ") + key + " and the others: listener, dj or host.");
        *right = *role;
    }
    rights.by_votes = switch_of(object, "byVotes").value_or(false);
    if (object.contains("skipShare")) {
        const auto share = number_of(object, "skipShare", 1, 100);
        if (!share) return bad_message("skipShare has to be a percentage from 1 to 100.");
        rights.skip_share = static_cast<int>(std::lround(*share));
    }
    return SetRights{rights};
}

template <typename MemberCommand>
ParsedCommand parse_member(const Json& object) {
    const auto member = id_of<MemberId>(object, "member");
    if (!member) return bad_message(op_name(object) + " needs a member: their id.");
    return MemberCommand{*member};
}

ParsedCommand parse_password(const Json& object) {
    const auto found = object.find("password");
    if (found == object.end() || !found->is_string()) return bad_message("password needs a password; an empty one opens the room again.");
    auto password = found->get<std::string>();
    if (password.size() > kLongestPassword)
        return Problem{422, "bad-password", "This password cannot be used", "A password may have 128 bytes at most."};
    return SetPassword{std::move(password)};
}

ParsedCommand parse_name(const Json& object) {
    const auto found = object.find("name");
    if (found == object.end() || !found->is_string()) return bad_message("name needs a name; an empty one leaves the room without.");
    auto checked = check_text(found->get<std::string>(), kRoomNameText);
    if (auto* name = std::get_if<std::string>(&checked)) return SetName{std::move(*name)};
    if (std::get<TextFault>(checked) == TextFault::empty) return SetName{};
    return Problem{422, "bad-name", "This name cannot be used", "A room's name is a line of at most 60 characters that can be shown."};
}

ParsedCommand parse_chat(const Json& object) {
    auto checked = check_text(text_of(object, "text"), kChatText);
    if (auto* line = std::get_if<std::string>(&checked)) return Say{std::move(*line)};
    return Problem{422, "bad-text", "This cannot be said", "Write a line of 1 to 500 characters that can be shown."};
}

ParsedCommand parse_react(const Json& object) {
    constexpr std::array<std::string_view, 6> kReactions{"❤️", "🔥", "👏", "😂", "🎉", "👎"};
    std::string reaction = text_of(object, "reaction");
    const bool known = std::ranges::find(kReactions, reaction) != kReactions.end();
    if (!known) return bad_message("reaction has to be one of ❤️ 🔥 👏 😂 🎉 👎.");
    return React{std::move(reaction)};
}

struct Op {
    std::string_view name;
    ParsedCommand (*parse)(const Json&);
};

constexpr std::array<Op, std::variant_size_v<Command>> kOps{{
    {"play", parse_play},
    {"pause", plain<Pause>},
    {"resume", plain<Resume>},
    {"seek", parse_seek},
    {"stop", plain<Stop>},
    {"speed", parse_speed},
    {"volume", parse_volume},
    {"add", parse_add},
    {"addMany", parse_add_many},
    {"remove", parse_item<RemoveFromQueue>},
    {"move", parse_move},
    {"playItem", parse_item<PlayItem>},
    {"clear", plain<ClearQueue>},
    {"shuffle", plain<ShuffleQueue>},
    {"repeat", parse_repeat},
    {"skip", [](const Json& object) -> ParsedCommand { return Skip{id_of<ItemId>(object, "item")}; }},
    {"previous", [](const Json& object) -> ParsedCommand { return Previous{switch_of(object, "track").value_or(false)}; }},
    {"vote", parse_vote},
    {"voteSkip", parse_switch<VoteSkip>},
    {"role", parse_role},
    {"rights", parse_rights},
    {"kick", parse_member<Kick>},
    {"ban", parse_member<Ban>},
    {"unban", parse_member<Unban>},
    {"password", parse_password},
    {"lock", parse_switch<SetLock>},
    {"name", parse_name},
    {"sleep", parse_sleep},
    {"chat", parse_chat},
    {"react", parse_react},
    {"normalize", parse_switch<SetNormalizing>},
    {"metronome", parse_switch<SetMetronome>},
    {"keep", parse_switch<Keep>},
    {"close", plain<Close>},
}};

}  // namespace

std::variant<CommandMessage, Problem> parse_command(const Json& object) {
    const std::string name = op_name(object);
    const auto* op = std::ranges::find(kOps, name, &Op::name);
    if (op == kOps.end()) {
        std::string known;
        for (const Op& each : kOps) known += (known.empty() ? "" : ", ") + std::string(each.name);
        return bad_message("op has to be one of " + known + ".");
    }
    auto parsed = op->parse(object);
    if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
    CommandMessage message;
    message.command = std::get<Command>(std::move(parsed));
    if (const auto epoch = object.find("epoch"); epoch != object.end() && !epoch->is_null()) {
        if (!epoch->is_number_unsigned() || epoch->get<std::uint64_t>() > UINT32_MAX) return bad_message("epoch has to be a whole number.");
        message.epoch = epoch->get<std::uint32_t>();
    }
    return message;
}

}  // namespace musicspace::relay
