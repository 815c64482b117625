#include "relay/session/messages.h"

#include <array>
#include <cmath>

#include "relay/auth/display_name.h"
#include "relay/base/text.h"
#include "relay/json_text.h"
#include "relay/session/command_json.h"
#include "relay/session/track_json.h"
#include "transcoder/fences.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;
std::optional<TierMessage> tier_of(const Json& object) {
    if (text_of(object, "tier") == "auto") return TierMessage{};
    const auto found = object.find("tier");
    if (found != object.end() && found->is_number_unsigned()) {
        for (const transcoder::Tier tier : transcoder::kAllTiers) {
            if (*found == bits_per_second(tier) / 1000) return TierMessage{tier};
        }
    }
    return std::nullopt;
}

ClientMessage parse_tier(const Json& object) {
    if (const auto wish = tier_of(object)) return *wish;
    return BadMessage{std::nullopt, bad_message("tier has to be \"auto\", 24, 48, 96 or 160.")};
}

// What is wrong with a wish or a hint is no reason to turn anybody away.
Hello parse_hello(const Json& object) {
    Hello hello{text_of(object, "code"), text_of(object, "token"), tier_of(object).value_or(TierMessage{}).tier, false, {}};
    const auto save = object.find("saveData");
    hello.save_data = save != object.end() && save->is_boolean() && save->get<bool>();
    const auto downlink = object.find("downlinkKbps");
    if (downlink != object.end() && downlink->is_number()) hello.downlink_kbps = downlink->get<double>();
    return hello;
}

ClientMessage parse_sync_report(const Json& object) {
    constexpr double kMost = 1e6;
    SyncReport report;
    for (const auto& [key, value] :
         {std::pair("errorMs", &report.error_ms), std::pair("rttMs", &report.rtt_ms), std::pair("bufferMs", &report.buffer_ms)}) {
        const auto found = object.find(key);
        if (found == object.end() || !found->is_number())
            return BadMessage{std::nullopt, bad_message(std::string("sync needs a number ") + key + ".")};
        *value = found->get<double>();
        if (!(std::abs(*value) <= kMost)) return BadMessage{std::nullopt, bad_message(std::string(key) + " is out of all bounds.")};
    }
    return report;
}

// One of 2^63 and more would come back as another.
bool is_id(const Json& id) {
    return id.is_number_integer() && (!id.is_number_unsigned() || id.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
}

}  // namespace

ClientMessage parse_client_message(std::string_view text) {
    const Json object = object_of(text);
    if (object.is_null()) return BadMessage{std::nullopt, bad_message("A text message has to be a JSON object.")};
    const std::string type = text_of(object, "type");
    if (type == "hello") return parse_hello(object);
    if (type == "tier") return parse_tier(object);
    if (type == "sync") return parse_sync_report(object);
    if (type != "command") return BadMessage{std::nullopt, bad_message("type has to be hello, command, tier or sync.")};
    const auto id = object.find("id");
    if (id == object.end() || !is_id(*id)) return BadMessage{std::nullopt, bad_message("A command needs a whole number below 2^63 as id.")};
    auto parsed = parse_command(object);
    if (auto* problem = std::get_if<Problem>(&parsed)) return BadMessage{id->get<std::int64_t>(), std::move(*problem)};
    auto message = std::get<CommandMessage>(std::move(parsed));
    message.id = id->get<std::int64_t>();
    return message;
}

std::variant<CommandMessage, Problem> parse_command_body(std::string_view text) {
    const Json object = object_of(text);
    if (object.is_null()) return bad_message("The body has to be a JSON object.");
    return parse_command(object);
}

std::variant<NewMember, Problem> parse_new_member(std::string_view text) {
    const Json object = object_of(text);
    if (object.is_null()) return bad_message("The body has to be a JSON object with a name.");
    auto checked = check_name(text_of(object, "name"));
    if (auto* refusal = std::get_if<NameRefusal>(&checked))
        return Problem{422, "bad-name", "This name cannot be used", std::move(refusal->detail)};
    const auto password = object.find("password");
    if (password != object.end() && !password->is_string() && !password->is_null())
        return Problem{422, "bad-password", "This password cannot be used", "A password has to be a text."};
    return NewMember{std::get<std::string>(std::move(checked)), text_of(object, "password")};
}

std::string welcome_json(MemberId member, const std::string& name, ServerTime now) {
    return dumped({{"type", "welcome"}, {"member", {{"id", std::to_string(member)}, {"name", name}}}, {"serverTimeUs", micros(now)}});
}

std::string result_json(std::int64_t id, const std::optional<Problem>& problem) {
    if (problem) return error_json(id, *problem);
    return dumped({{"type", "result"}, {"id", id}, {"ok", true}});
}

std::string error_json(const std::optional<std::int64_t>& id, const Problem& problem) {
    Json object{{"type", "error"}, {"id", nullptr}, {"problem", Json::parse(problem_json(problem))}};
    if (id) object["id"] = *id;
    return dumped(object);
}

std::string about_json(const transcoder::YtdlpStatus& ytdlp, const transcoder::Fences& fences, bool library, const std::string& address,
                       std::string_view create, bool registration) {
    return dumped(
        {{"ytDlp",
          {{"version", shown_text(ytdlp.version, kVersionText)}, {"own", ytdlp.own}, {"warning", shown_text(ytdlp.warning, kNoticeText)}}},
         {"fence", fences.ytdlp},
         {"mediaFence", fences.media},
         {"library", library},
         {"address", address},
         {"create", create},
         {"registration", registration}});
}

std::string library_json(const std::string& folder, const transcoder::LibraryListing& listing) {
    Json files = Json::array();
    for (const std::string& path : listing.files)
        files.push_back({{"path", shown_text(path, kPathText)}, {"link", transcoder::library_link(path)}});
    return dumped({{"folder", folder}, {"folders", listing.folders}, {"files", std::move(files)}, {"more", listing.more}});
}

std::string history_json(const std::vector<db::PastPlay>& plays) {
    Json all = Json::array();
    for (const db::PastPlay& play : plays) {
        Json json = shown_track_fields(play);
        json["requestedBy"] = shown_text(play.member, kLabelText);
        json["startedAtMs"] = play.started_at_ms;
        all.push_back(std::move(json));
    }
    return dumped({{"plays", std::move(all)}});
}

std::string found_json(const transcoder::Listing& listing, const std::function<std::string(const std::string&)>& picture) {
    Json all = Json::array();
    for (const transcoder::ListedTrack& track : listing.entries) {
        Json json = track_fields(track);
        json["artworkUrl"] = picture(track.artwork_url);
        all.push_back(std::move(json));
    }
    return dumped({{"found", std::move(all)}});
}

std::string joined_json(const std::string& code, const std::string& token, MemberId member, const std::string& name) {
    return dumped({{"code", code}, {"token", token}, {"member", {{"id", std::to_string(member)}, {"name", name}}}});
}

std::optional<std::int64_t> parse_time_question(std::span<const std::uint8_t> bytes) {
    if (bytes.size() != 9 || bytes[0] != kTimeKind) return std::nullopt;
    std::uint64_t stamp = 0;
    for (const std::uint8_t byte : bytes.subspan(1)) stamp = stamp << 8U | byte;
    return static_cast<std::int64_t>(stamp);
}

}  // namespace musicspace::relay
