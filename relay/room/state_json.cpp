#include "relay/room/state_json.h"

#include <algorithm>
#include <cmath>

#include "relay/json_text.h"
#include "relay/room/queue_rules.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;

constexpr std::string_view repeat_name(Repeat mode) {
    constexpr std::string_view kNames[] = {"off", "one", "all"};
    return kNames[static_cast<std::size_t>(mode)];
}

std::int64_t milliseconds(MediaDuration duration) { return duration.count() * 1000 / kSampleRate; }

Json track_json(const NowPlaying& playing) {
    Json track{{"item", std::to_string(playing.item)}, {"link", playing.track.link},    {"title", playing.track.title},
               {"artist", playing.track.artist},       {"artworkUrl", playing.artwork}, {"durationMs", nullptr},
               {"isLive", playing.track.is_live},      {"requestedBy", playing.label},  {"gainDb", nullptr}};
    Json chapters = Json::array();
    for (const transcoder::Chapter& chapter : playing.track.chapters) {
        chapters.push_back({{"startMs", milliseconds(chapter.start.time_since_epoch())}, {"title", chapter.title}});
    }
    track["chapters"] = std::move(chapters);
    if (playing.gain_db) track["gainDb"] = *playing.gain_db;
    if (playing.track.duration) track["durationMs"] = milliseconds(*playing.track.duration);
    return track;
}

Json timeline_json(const Timeline& timeline) {
    return {{"running", timeline.running()},
            {"positionSamples", samples(timeline.anchor_position())},
            {"atUs", micros(timeline.anchor_time())},
            {"speed", static_cast<double>(timeline.speed()) / 100.0}};
}

// Of many, the first: nobody reads them all, and the message grows with the room.
Json voters_json(const std::vector<MemberId>& voters) {
    constexpr std::size_t kNamed = 50;
    Json named = Json::array();
    for (const MemberId voter : voters) {
        if (named.size() < kNamed) named.push_back(std::to_string(voter));
    }
    return named;
}

Json item_json(const QueueItem& item) {
    Json json = track_fields(item.listed);
    json.update({{"id", std::to_string(item.id)},
                 {"requestedBy", item.label},
                 {"member", std::to_string(item.member)},
                 {"listing", item.listing},
                 {"unplayable", item.unplayable},
                 {"votes", item.voters.size()},
                 {"voters", voters_json(item.voters)}});
    return json;
}

Json items_json(const RoomState& state) {
    Json items = Json::array();
    for (const QueueItem& item : state.queue) items.push_back(item_json(item));
    return items;
}

Json rights_json(const Rights& rights) {
    return {{"control", name_of(rights.control)}, {"add", name_of(rights.add)}, {"reorder", name_of(rights.reorder)},
            {"skip", name_of(rights.skip)},       {"byVotes", rights.by_votes}, {"skipShare", rights.skip_share}};
}

Json listed_json(const RoomState& state, const Roster& roster) {
    Json listeners = Json::array();
    const auto add = [&](const Member& member) {
        listeners.push_back({{"id", std::to_string(member.id)}, {"name", member.label()}, {"role", name_of(state.role_of(member.id))}});
    };
    const auto first = roster.first(kListedMembers);
    for (const Member* member : first) add(*member);
    // Those who have a say are always among them.
    for (const auto& [id, role] : state.settings.roles) {
        const Member* member = roster.size() > first.size() ? roster.find(id) : nullptr;
        if (member != nullptr && std::ranges::find(first, member) == first.end()) add(*member);
    }
    return listeners;
}

Json state_object(const RoomState& state, const Roster& roster, std::uint64_t queue_revision, ServerTime now) {
    const Timeline& timeline = state.timeline;
    const Settings& settings = state.settings;
    Json banned = Json::array();
    for (const Settings::Banned& each : settings.banned) banned.push_back({{"id", std::to_string(each.member)}, {"name", each.label}});
    Json object{
        {"type", "state"},
        {"code", state.code},
        {"name", settings.name},
        {"epoch", state.epoch},
        {"status", name_of(state.status)},
        {"timeline", timeline_json(timeline)},
        {"positionMs", milliseconds(timeline.position_at(now).time_since_epoch())},
        {"track", nullptr},
        {"pending", nullptr},
        {"upcoming", nullptr},
        {"queueRevision", queue_revision},
        {"queueLength", state.queue.size()},
        {"canGoBack", !state.played.empty()},
        {"repeat", repeat_name(settings.repeat)},
        {"rights", rights_json(settings.rights)},
        {"skipVotes",
         {{"votes", state.skip_votes.size()}, {"voters", voters_json(state.skip_votes)}, {"needed", votes_to_skip(state, roster.size())}}},
        {"locked", settings.locked},
        {"hasPassword", !settings.password_hash.empty()},
        {"kept", state.kept_by != 0},
        {"banned", std::move(banned)},
        {"volume", static_cast<double>(settings.volume) / 100.0},
        {"normalize", settings.normalizing},
        {"metronome", state.metronome},
        {"speed", static_cast<double>(settings.speed) / 100.0},
        {"sleepAtUs", nullptr},
        {"notice", state.notice},
        {"trouble", state.trouble},
        {"listeners", listed_json(state, roster)},
        {"listenerCount", roster.size()}};
    if (state.now_playing) object["track"] = track_json(*state.now_playing);
    if (state.pending) object["pending"] = item_json(state.pending->item);
    if (state.sleep_at) object["sleepAtUs"] = micros(*state.sleep_at);
    if (state.upcoming) {
        object["upcoming"] = {{"epoch", state.upcoming->epoch},
                              {"timeline", timeline_json(state.upcoming->timeline)},
                              {"track", track_json(state.upcoming->playing)}};
    }
    return object;
}

Json line_json(const db::ChatLine& line) {
    return {{"member", std::to_string(line.member_id)}, {"name", line.label}, {"text", line.line}, {"atMs", line.said_at_ms}};
}

}  // namespace

std::string state_json(const RoomState& state, const Roster& roster, std::uint64_t queue_revision, ServerTime now) {
    return dumped(state_object(state, roster, queue_revision, now));
}

std::string queue_items_json(const RoomState& state) { return dumped(items_json(state)); }

std::string queue_json(std::string_view items, std::uint64_t revision) {
    std::string text = R"({"type":"queue","revision":)" + std::to_string(revision) + R"(,"items":)";
    return text.append(items).append("}");
}

std::string room_json(const RoomState& state, const Roster& roster, std::uint64_t queue_revision, std::string_view items, ServerTime now) {
    std::string text = state_json(state, roster, queue_revision, now);
    text.pop_back();
    return text.append(R"(,"queue":)").append(items).append("}");
}

std::string chat_json(const db::ChatLine& line) { return dumped({{"type", "chat"}, {"line", line_json(line)}}); }

std::string chat_log_json(const std::deque<db::ChatLine>& lines, std::size_t count) {
    Json all = Json::array();
    for (std::size_t i = 0; i < count; ++i) all.push_back(line_json(lines[i]));
    return dumped({{"type", "chatLog"}, {"lines", std::move(all)}});
}

std::string reaction_json(MemberId member, const std::string& label, const std::string& reaction) {
    return dumped({{"type", "reaction"}, {"member", std::to_string(member)}, {"name", label}, {"reaction", reaction}});
}

std::string count_json(std::size_t listeners) { return Json{{"type", "listeners"}, {"count", listeners}}.dump(); }

std::string sync_json(const std::vector<std::pair<MemberId, SyncReport>>& reports) {
    const auto tenths = [](double ms) { return std::round(ms * 10) / 10; };
    Json listeners = Json::array();
    for (const auto& [member, report] : reports)
        listeners.push_back({{"id", std::to_string(member)}, {"errorMs", tenths(report.error_ms)}});
    return Json{{"type", "sync"}, {"listeners", std::move(listeners)}}.dump();
}

std::string arguments_json(const Command& command) {
    Json arguments = Json::object();
    const auto id = [](auto number) { return std::to_string(number); };
    if (const auto* play = std::get_if<PlayLink>(&command)) arguments["link"] = play->link;
    if (const auto* add = std::get_if<AddToQueue>(&command)) arguments["link"] = add->link;
    if (const auto* many = std::get_if<AddManyToQueue>(&command)) arguments["count"] = many->items.size();
    if (const auto* remove = std::get_if<RemoveFromQueue>(&command)) arguments["item"] = id(remove->item);
    if (const auto* move = std::get_if<MoveInQueue>(&command)) arguments["item"] = id(move->item);
    if (const auto* item = std::get_if<PlayItem>(&command)) arguments["item"] = id(item->item);
    if (const auto* vote = std::get_if<Vote>(&command)) arguments = {{"item", id(vote->item)}, {"on", vote->on}};
    if (const auto* vote = std::get_if<VoteSkip>(&command)) arguments["on"] = vote->on;
    if (const auto* repeat = std::get_if<SetRepeat>(&command)) arguments["mode"] = repeat_name(repeat->mode);
    if (const auto* role = std::get_if<SetRole>(&command)) arguments = {{"member", id(role->member)}, {"role", name_of(role->role)}};
    if (const auto* rights = std::get_if<SetRights>(&command)) arguments = rights_json(rights->rights);
    if (const auto target = target_of(command); target && arguments.empty()) arguments["member"] = id(*target);
    if (const auto* unban = std::get_if<Unban>(&command)) arguments["member"] = id(unban->member);
    if (const auto* keep = std::get_if<Keep>(&command)) arguments["on"] = keep->on;
    if (const auto* lock = std::get_if<SetLock>(&command)) arguments["on"] = lock->on;
    if (const auto* name = std::get_if<SetName>(&command)) arguments["name"] = name->name;
    if (const auto* sleep = std::get_if<SetSleep>(&command)) arguments["minutes"] = sleep->in.count();
    if (const auto* normalize = std::get_if<SetNormalizing>(&command)) arguments["on"] = normalize->on;
    if (const auto* metronome = std::get_if<SetMetronome>(&command)) arguments["on"] = metronome->on;
    if (const auto* volume = std::get_if<SetVolume>(&command)) arguments["volume"] = static_cast<double>(volume->percent) / 100.0;
    if (const auto* seek = std::get_if<Seek>(&command)) arguments["positionMs"] = milliseconds(seek->position.time_since_epoch());
    if (const auto* speed = std::get_if<SetSpeed>(&command)) arguments["speed"] = static_cast<double>(speed->speed) / 100.0;
    return dumped(arguments);
}

}  // namespace musicspace::relay
