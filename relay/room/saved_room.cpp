#include "relay/room/saved_room.h"

#include <algorithm>
#include <charconv>

#include "relay/base/text.h"
#include "relay/json_text.h"
#include "relay/room/queue_rules.h"
#include "relay/room/succession.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;

Json item_json(const QueueItem& item) {
    Json json{{"id", item.id},         {"link", item.listed.link}, {"title", item.listed.title},    {"artist", item.listed.artist},
              {"member", item.member}, {"label", item.label},      {"unplayable", item.unplayable}, {"voters", item.voters}};
    if (item.listed.duration_ms) json["durationMs"] = *item.listed.duration_ms;
    return json;
}

Json items_json(const std::vector<QueueItem>& items) {
    Json json = Json::array();
    for (const QueueItem& item : items) json.push_back(item_json(item));
    return json;
}

QueueItem item_of(const Json& json) {
    QueueItem item;
    item.id = json.at("id").get<ItemId>();
    item.listed.link = json.at("link").get<std::string>();
    item.listed.title = shown_text(json.at("title").get<std::string>(), kTitleText);
    item.listed.artist = shown_text(json.at("artist").get<std::string>(), kArtistText);
    item.member = json.at("member").get<MemberId>();
    item.label = shown_text(json.at("label").get<std::string>(), kLabelText);
    item.unplayable = shown_text(json.at("unplayable").get<std::string>(), kNoticeText);
    item.voters = json.at("voters").get<std::vector<MemberId>>();
    if (const auto duration = json.find("durationMs"); duration != json.end()) item.listed.duration_ms = duration->get<std::int64_t>();
    return item;
}

std::vector<QueueItem> items_of(const Json& json, std::size_t most) {
    std::vector<QueueItem> items;
    for (const Json& each : json) {
        if (items.size() < most) items.push_back(item_of(each));
    }
    return items;
}

Role role_of(const Json& json) {
    const int value = json.get<int>();
    return value >= 0 && value <= static_cast<int>(Role::host) ? static_cast<Role>(value) : Role::listener;
}

Rights rights_of(const Json& json) {
    return {role_of(json.at("control")), role_of(json.at("add")),        role_of(json.at("reorder")),
            role_of(json.at("skip")),    json.at("byVotes").get<bool>(), std::clamp(json.at("skipShare").get<int>(), 1, 100)};
}

Settings settings_of(const Json& json) {
    Settings settings;
    settings.name = shown_text(json.at("name").get<std::string>(), kRoomNameText);
    settings.rights = rights_of(json.at("rights"));
    settings.repeat = static_cast<Repeat>(std::clamp(json.at("repeat").get<int>(), 0, 2));
    settings.locked = json.at("locked").get<bool>();
    settings.password_hash = json.at("passwordHash").get<std::string>();
    for (const Json& each : json.at("roles")) settings.roles[each.at("member").get<MemberId>()] = role_of(each.at("role"));
    settings.expelled = json.at("expelled").get<std::vector<MemberId>>();
    for (const Json& each : json.at("banned")) {
        settings.banned.push_back({each.at("member").get<MemberId>(), shown_text(each.at("label").get<std::string>(), kLabelText),
                                   each.at("address").get<std::string>()});
    }
    settings.volume = std::clamp(json.at("volume").get<int>(), 0, 100);
    settings.speed = std::clamp(json.at("speed").get<SpeedPercent>(), kSlowest, kFastest);
    settings.normalizing = json.at("normalizing").get<bool>();
    return settings;
}

}  // namespace

std::string saved_settings(const RoomState& state) {
    const Settings& settings = state.settings;
    const Rights& rights = settings.rights;
    Json roles = Json::array();
    for (const auto& [member, role] : settings.roles) roles.push_back({{"member", member}, {"role", static_cast<int>(role)}});
    Json banned = Json::array();
    for (const Settings::Banned& each : settings.banned)
        banned.push_back({{"member", each.member}, {"label", each.label}, {"address", each.address}});
    return dumped({{"name", settings.name},
                   {"rights",
                    {{"control", static_cast<int>(rights.control)},
                     {"add", static_cast<int>(rights.add)},
                     {"reorder", static_cast<int>(rights.reorder)},
                     {"skip", static_cast<int>(rights.skip)},
                     {"byVotes", rights.by_votes},
                     {"skipShare", rights.skip_share}}},
                   {"repeat", static_cast<int>(settings.repeat)},
                   {"locked", settings.locked},
                   {"passwordHash", settings.password_hash},
                   {"roles", std::move(roles)},
                   {"expelled", settings.expelled},
                   {"banned", std::move(banned)},
                   {"volume", settings.volume},
                   {"speed", settings.speed},
                   {"normalizing", settings.normalizing}});
}

std::string saved_queue(const RoomState& state) {
    Json json{
        {"current", nullptr}, {"items", items_json(state.queue)}, {"played", items_json(state.played)}, {"lastItem", state.last_item}};
    if (state.now_playing) {
        json["current"] = item_json(relay::item_of(*state.now_playing));
    } else if (state.pending) {
        json["current"] = item_json(state.pending->item);
    } else if (state.suspended) {
        json["current"] = item_json(state.suspended->item);
    }
    return dumped(json);
}

void restore(RoomState& state, const std::string& settings, const std::string& queue, const SavedPlace& place) {
    try {
        state.settings = settings_of(Json::parse(settings));
    } catch (const Json::exception&) {
        state.settings = {};
    }
    try {
        const Json saved = Json::parse(queue);
        std::vector<QueueItem> items = items_of(saved.at("items"), kMostQueued);
        std::vector<QueueItem> played = items_of(saved.at("played"), kMostPlayed);
        if (const Json& current = saved.at("current"); current.is_object())
            state.suspended = Pending{item_of(current), Pending::Why::resumed, place.position, !place.playing};
        state.queue = std::move(items);
        state.played = std::move(played);
        state.last_item = saved.at("lastItem").get<ItemId>();
    } catch (const Json::exception&) {
        state.suspended.reset();
    }
}

}  // namespace musicspace::relay
