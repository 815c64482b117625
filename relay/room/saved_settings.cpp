#include "relay/room/saved_settings.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "relay/base/text.h"
#include "relay/json_text.h"
#include "relay/room/people_rules.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;

// Version 0 has none written in it, and neither `membersFrom` nor `succeeded`.
constexpr std::int64_t kVersion = 1;

constexpr std::size_t kLongestText = 500;

std::optional<MemberId> member_of(const Json& json) { return whole_of(json, 1, std::numeric_limits<MemberId>::max() - 1); }

std::optional<Role> role_of(const Json& json) {
    const auto value = whole_of(json, 0, static_cast<int>(Role::host));
    return value ? std::optional(static_cast<Role>(*value)) : std::nullopt;
}

const Json& at(const Json& object, const char* key) {
    static const Json kNothing;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() ? *found : kNothing;
}

// One document while it is read: what cannot be is noted.
class Reader {
public:
    explicit Reader(const std::string& document) : json_(object_of(document)) {
        if (json_.is_null()) {
            lost("settings", true);
            return;
        }
        if (!json_.contains("version")) return;
        const auto version = whole_of(json_["version"], 1, std::numeric_limits<std::int64_t>::max());
        if (!version) lost("version", true);
        version_ = version.value_or(kVersion);
    }

    ReadSettings take() {
        if (json_.is_null()) {
            out_.roles_lost = out_.outcasts_lost = true;
            return std::move(out_);
        }
        Settings& settings = out_.settings;
        read_harmless(settings);
        read_rights(settings.rights);
        read_switch("locked", true, settings.locked);
        read_password(settings.password_hash);
        read_roles(settings);
        read_outcasts(settings);
        return std::move(out_);
    }

private:
    void lost(const char* key, bool matters) {
        out_.unreadable.emplace_back(key);
        out_.safe = out_.safe && !matters;
    }

    // Nothing when it is not there; that is a loss where it should be.
    const Json* key(const char* name, bool matters, std::int64_t since = 0) {
        const auto found = json_.find(name);
        if (found != json_.end()) return &*found;
        if (version_ >= since) lost(name, matters);
        return nullptr;
    }

    void read_switch(const char* name, bool matters, bool& value) {
        const Json* json = key(name, matters);
        if (json == nullptr) return;
        if (json->is_boolean()) {
            value = json->get<bool>();
        } else {
            lost(name, matters);
        }
    }

    std::optional<std::string> read_text(const char* name, bool matters) {
        const Json* json = key(name, matters);
        if (json == nullptr) return std::nullopt;
        if (json->is_string() && json->get_ref<const std::string&>().size() <= kLongestText) return json->get<std::string>();
        lost(name, matters);
        return std::nullopt;
    }

    void read_number(const char* name, auto least, auto most, auto take) {
        const Json* json = key(name, false);
        const auto value = json != nullptr ? whole_of(*json, least, most) : std::nullopt;
        if (value) {
            take(*value);
        } else if (json != nullptr) {
            lost(name, false);
        }
    }

    void read_harmless(Settings& settings) {
        if (auto name = read_text("name", false)) settings.name = shown_text(*name, kRoomNameText);
        read_number("repeat", 0, 2, [&](std::int64_t value) { settings.repeat = static_cast<Repeat>(value); });
        read_number("volume", 0, 100, [&](std::int64_t value) { settings.volume = static_cast<int>(value); });
        read_number("speed", kSlowest, kFastest, [&](std::int64_t value) { settings.speed = value; });
        read_switch("normalizing", false, settings.normalizing);
    }

    void read_rights(Rights& rights) {
        const Json* json = key("rights", true);
        const auto control = json != nullptr ? role_of(at(*json, "control")) : std::nullopt;
        const auto add = json != nullptr ? role_of(at(*json, "add")) : std::nullopt;
        const auto reorder = json != nullptr ? role_of(at(*json, "reorder")) : std::nullopt;
        const auto skip = json != nullptr ? role_of(at(*json, "skip")) : std::nullopt;
        const auto share = json != nullptr ? whole_of(at(*json, "skipShare"), 1, 100) : std::nullopt;
        if (control && add && reorder && skip && share && at(*json, "byVotes").is_boolean()) {
            rights = {*control, *add, *reorder, *skip, at(*json, "byVotes"), static_cast<int>(*share)};
            return;
        }
        if (json != nullptr) lost("rights", true);
        rights = kHostOnly;
    }

    void read_password(std::string& hash) {
        auto text = read_text("passwordHash", true);
        if (!text) return;
        if (text->empty() || text->starts_with("$argon2")) {
            hash = *std::move(text);
        } else {
            lost("passwordHash", true);
        }
    }

    // Each entry of a list; false when it is none, or when one of them is not understood.
    bool each(const char* name, std::size_t most, const std::function<bool(const Json&)>& take) {
        const Json* json = key(name, true);
        if (json == nullptr) return false;
        bool good = json->is_array() && json->size() <= most;
        if (json->is_array()) {
            for (std::size_t i = 0; i < std::min(json->size(), most); ++i) good = take((*json)[i]) && good;
        }
        if (!good) lost(name, true);
        return good;
    }

    void read_roles(Settings& settings) {
        bool hosted = false;
        const bool good = each("roles", kMostSavedRoles, [&](const Json& entry) {
            const auto member = member_of(at(entry, "member"));
            const auto role = role_of(at(entry, "role"));
            if (!member || !role || (hosted && *role == Role::host)) return false;
            hosted = hosted || *role == Role::host;
            if (*role != Role::listener) settings.roles[*member] = *role;
            return true;
        });
        out_.roles_lost = !good;
        const Json* succeeded = key("succeeded", false, 1);
        if (succeeded == nullptr) return;
        const auto member = whole_of(*succeeded, 0, std::numeric_limits<MemberId>::max());
        if (!member) lost("succeeded", false);
        settings.succeeded = member.value_or(0);
    }

    void read_outcasts(Settings& settings) {
        const bool expelled = each("expelled", kMostExpelled, [&](const Json& entry) {
            const auto member = member_of(entry);
            if (member) settings.expelled.push_back(*member);
            return member.has_value();
        });
        std::ranges::sort(settings.expelled);
        const bool banned = each("banned", kMostBanned, [&](const Json& entry) {
            const auto member = member_of(at(entry, "member"));
            if (!member || !at(entry, "address").is_string()) return false;
            settings.banned.push_back({*member, shown_text(text_of(entry, "label"), kLabelText), text_of(entry, "address")});
            return true;
        });
        const Json* from = key("membersFrom", true, 1);
        const auto lowest = from != nullptr ? whole_of(*from, 0, std::numeric_limits<MemberId>::max()) : std::nullopt;
        if (from != nullptr && !lowest) lost("membersFrom", true);
        settings.members_from = lowest.value_or(0);
        out_.outcasts_lost = !expelled || !banned || (version_ >= 1 && !lowest);
    }

    // Versions before this one had no bound.
    static constexpr std::size_t kMostSavedRoles = 10'000;

    const Json json_;
    std::int64_t version_ = 0;
    ReadSettings out_;
};

}  // namespace

std::string saved_settings(const Settings& settings) {
    const Rights& rights = settings.rights;
    Json roles = Json::array();
    for (const auto& [member, role] : settings.roles) roles.push_back({{"member", member}, {"role", static_cast<int>(role)}});
    Json banned = Json::array();
    for (const Settings::Banned& each : settings.banned)
        banned.push_back({{"member", each.member}, {"label", each.label}, {"address", each.address}});
    return dumped({{"version", kVersion},
                   {"name", settings.name},
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
                   {"succeeded", settings.succeeded},
                   {"expelled", settings.expelled},
                   {"membersFrom", settings.members_from},
                   {"banned", std::move(banned)},
                   {"volume", settings.volume},
                   {"speed", settings.speed},
                   {"normalizing", settings.normalizing}});
}

ReadSettings read_settings(const std::string& document) { return Reader(document).take(); }

}  // namespace musicspace::relay
