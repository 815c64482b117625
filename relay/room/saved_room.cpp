#include "relay/room/saved_room.h"

#include <algorithm>
#include <set>

#include "relay/base/text.h"
#include "relay/json_text.h"
#include "relay/room/people_rules.h"
#include "relay/room/queue_rules.h"
#include "relay/room/saved_settings.h"
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

constexpr std::int64_t kHighestId = std::int64_t{1} << 53U;

std::optional<std::int64_t> number_at(const Json& json, const char* key, std::int64_t most) {
    const auto found = json.find(key);
    return found == json.end() ? std::nullopt : whole_of(*found, 0, most);
}

// Nothing where that which makes it an item is missing.
std::optional<QueueItem> item_of(const Json& json) {
    if (!json.is_object()) return std::nullopt;
    QueueItem item;
    item.id = static_cast<ItemId>(number_at(json, "id", kHighestId).value_or(0));
    item.listed.link = text_of(json, "link");
    if (item.id == 0 || item.listed.link.empty()) return std::nullopt;
    item.listed.title = shown_text(text_of(json, "title"), kTitleText);
    item.listed.artist = shown_text(text_of(json, "artist"), kArtistText);
    item.member = number_at(json, "member", INT64_MAX).value_or(0);
    item.label = shown_text(text_of(json, "label"), kLabelText);
    item.unplayable = shown_text(text_of(json, "unplayable"), kNoticeText);
    item.listed.duration_ms = number_at(json, "durationMs", kHighestId);
    const auto voters = json.find("voters");
    if (voters == json.end() || !voters->is_array()) return item;
    for (const Json& each : *voters) {
        if (const auto voter = whole_of(each, 1, INT64_MAX)) item.voters.push_back(*voter);
    }
    return item;
}

// The queue while it is read: no item twice.
class Items {
public:
    std::optional<QueueItem> take(const Json& json) {
        auto item = item_of(json);
        if (!item || !seen_.insert(item->id).second) {
            ++lost_;
            return std::nullopt;
        }
        return item;
    }
    std::vector<QueueItem> take_all(const Json& saved, const char* key, std::size_t most) {
        std::vector<QueueItem> items;
        const auto list = saved.find(key);
        if (list == saved.end() || !list->is_array()) {
            ++lost_;
            return items;
        }
        for (const Json& each : *list) {
            if (items.size() >= most) break;
            if (auto item = take(each)) items.push_back(*std::move(item));
        }
        return items;
    }
    [[nodiscard]] std::size_t lost() const { return lost_; }
    /// The highest id of all.
    [[nodiscard]] ItemId last() const { return seen_.empty() ? 0 : *seen_.rbegin(); }

private:
    std::set<ItemId> seen_;
    std::size_t lost_ = 0;
};

std::size_t restore_queue(RoomState& state, const SavedRoom& saved) {
    if (saved.queue.empty()) return 0;
    const Json queue = object_of(saved.queue);
    if (queue.is_null()) return 1;
    Items items;
    if (const auto current = queue.find("current"); current != queue.end() && !current->is_null()) {
        if (auto item = items.take(*current))
            state.suspended = Pending{*std::move(item), Pending::Why::resumed, saved.position, !saved.playing};
    }
    state.queue = items.take_all(queue, "items", kMostQueued);
    state.played = items.take_all(queue, "played", kMostPlayed);
    state.last_item = std::max(items.last(), static_cast<ItemId>(number_at(queue, "lastItem", kHighestId).value_or(0)));
    return items.lost();
}

// Nobody who was sent away gets in by it: where that is lost, the tokens of all who have no role are void. The room has a host, and that
// is who opened it, where the roles are lost.
void close(RoomState& state, const ReadSettings& read, const SavedRoom& saved) {
    Settings& settings = state.settings;
    settings.locked = true;
    const bool opener_welcome = saved.first_member != 0 && state.standing_of(saved.first_member, {}) == Standing::welcome;
    if (read.roles_lost && !state.host() && opener_welcome) settings.roles[saved.first_member] = Role::host;
    if (read.outcasts_lost) settings.members_from = std::max(settings.members_from, saved.last_member + 1);
    state.notice = "Some of this room's settings could not be read after a restart. It is locked until its host unlocks it.";
}

}  // namespace

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

Restored restore(RoomState& state, const SavedRoom& saved) {
    ReadSettings read = read_settings(saved.settings);
    state.settings = std::move(read.settings);
    if (!read.safe) close(state, read, saved);
    return {std::move(read.unreadable), !read.safe, restore_queue(state, saved)};
}

}  // namespace musicspace::relay
