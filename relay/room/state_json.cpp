#include "relay/room/state_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;

std::int64_t milliseconds(MediaDuration duration) { return duration.count() * 1000 / kSampleRate; }

Json track_json(const NowPlaying& playing) {
    Json track{
        {"link", playing.track.link}, {"title", playing.track.title},    {"artist", playing.track.artist}, {"artworkUrl", playing.artwork},
        {"durationMs", nullptr},      {"isLive", playing.track.is_live}, {"requestedBy", playing.label},   {"gainDb", nullptr}};
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

Json link_json(const PendingLink& link) { return {{"id", std::to_string(link.id)}, {"link", link.link}, {"requestedBy", link.label}}; }

}  // namespace

std::string state_json(const RoomState& state, const Roster& roster, ServerTime now) {
    Json listeners = Json::array();
    for (const Member* member : roster.first(kListedMembers))
        listeners.push_back({{"id", std::to_string(member->id)}, {"name", member->label()}});
    Json queue = Json::array();
    for (const PendingLink& item : state.queue) queue.push_back(link_json(item));
    const Timeline& timeline = state.timeline;
    Json object{{"type", "state"},
                {"code", state.code},
                {"epoch", state.epoch},
                {"status", name_of(state.status)},
                {"timeline", timeline_json(timeline)},
                {"positionMs", milliseconds(timeline.position_at(now).time_since_epoch())},
                {"track", nullptr},
                {"pending", nullptr},
                {"queue", std::move(queue)},
                {"upcoming", nullptr},
                {"normalize", state.normalizing},
                {"metronome", state.metronome},
                {"speed", static_cast<double>(state.speed) / 100.0},
                {"notice", state.notice},
                {"trouble", state.trouble},
                {"listeners", std::move(listeners)},
                {"listenerCount", roster.size()}};
    if (state.now_playing) object["track"] = track_json(*state.now_playing);
    if (state.pending) object["pending"] = link_json(*state.pending);
    if (state.upcoming) {
        object["upcoming"] = {{"epoch", state.upcoming->epoch},
                              {"timeline", timeline_json(state.upcoming->timeline)},
                              {"track", track_json(state.upcoming->playing)}};
    }
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
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
    if (const auto* play = std::get_if<PlayLink>(&command)) arguments["link"] = play->link;
    if (const auto* add = std::get_if<AddToQueue>(&command)) arguments["link"] = add->link;
    if (const auto* remove = std::get_if<RemoveFromQueue>(&command)) arguments["item"] = std::to_string(remove->item);
    if (const auto* normalize = std::get_if<SetNormalizing>(&command)) arguments["on"] = normalize->on;
    if (const auto* metronome = std::get_if<SetMetronome>(&command)) arguments["on"] = metronome->on;
    if (const auto* seek = std::get_if<Seek>(&command)) arguments["positionMs"] = milliseconds(seek->position.time_since_epoch());
    if (const auto* speed = std::get_if<SetSpeed>(&command)) arguments["speed"] = static_cast<double>(speed->speed) / 100.0;
    return arguments.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace musicspace::relay
