#include "relay/room/people_rules.h"

#include <algorithm>
#include <array>

#include "relay/room/succession.h"

namespace musicspace::relay {

namespace {

struct Op {
    std::string_view name;
    Need need;
};

// In the order of Command's alternatives.
constexpr std::array<Op, std::variant_size_v<Command>> kOps{{
    {"play", Need::control},  {"pause", Need::control},   {"resume", Need::control},    {"seek", Need::control},
    {"stop", Need::control},  {"speed", Need::control},   {"volume", Need::control},    {"add", Need::add},
    {"addMany", Need::add},   {"remove", Need::reorder},  {"move", Need::reorder},      {"playItem", Need::control},
    {"clear", Need::reorder}, {"shuffle", Need::reorder}, {"repeat", Need::reorder},    {"skip", Need::skip},
    {"previous", Need::skip}, {"vote", Need::nothing},    {"voteSkip", Need::nothing},  {"role", Need::host},
    {"rights", Need::host},   {"kick", Need::host},       {"ban", Need::host},          {"unban", Need::host},
    {"password", Need::host}, {"lock", Need::host},       {"name", Need::host},         {"sleep", Need::control},
    {"chat", Need::nothing},  {"react", Need::nothing},   {"normalize", Need::control}, {"metronome", Need::control},
    {"keep", Need::host},     {"close", Need::host},
}};

Rejection nobody_like_that() { return {Refusal::not_here, "Nobody like that is a member of this room."}; }

bool is_own(const RoomState& state, const CommandRequest& request) {
    const auto* remove = std::get_if<RemoveFromQueue>(&request.command);
    if (remove == nullptr) return false;
    const auto item = std::ranges::find(state.queue, remove->item, &QueueItem::id);
    return item != state.queue.end() && item->member == request.member;
}

}  // namespace

std::string_view op_of(const Command& command) { return kOps.at(command.index()).name; }

std::optional<MemberId> target_of(const Command& command) {
    if (const auto* role = std::get_if<SetRole>(&command)) return role->member;
    if (const auto* kick = std::get_if<Kick>(&command)) return kick->member;
    if (const auto* ban = std::get_if<Ban>(&command)) return ban->member;
    return std::nullopt;
}

std::optional<MemberId> RoomState::host() const {
    for (const auto& [member, role] : settings.roles) {
        if (role == Role::host) return member;
    }
    return std::nullopt;
}

bool RoomState::is_banned(MemberId member) const {
    return std::ranges::find(settings.banned, member, &Settings::Banned::member) != settings.banned.end();
}

Standing RoomState::standing_of(MemberId member, const std::string& address) const {
    const Role role = role_of(member);
    if (role == Role::host) return Standing::welcome;
    if (member != 0 && is_banned(member)) return Standing::banned;
    if (!address.empty() && std::ranges::find(settings.banned, address, &Settings::Banned::address) != settings.banned.end())
        return Standing::banned;
    if (std::ranges::binary_search(settings.expelled, member)) return Standing::removed;
    const bool too_old = member != 0 && member < settings.members_from && role == Role::listener;
    return too_old ? Standing::removed : Standing::welcome;
}

std::string reason_of(Standing standing) {
    switch (standing) {
        case Standing::welcome:
            return {};
        case Standing::removed:
            return "You were removed from this room. To come back, join again.";
        case Standing::banned:
            return "The host has banned you from this room.";
    }
    return {};
}

// Beyond the bound the lowest id goes, and with it the tokens of all who joined before: nobody who was sent away comes back by that.
void expel(Settings& settings, MemberId member) {
    settings.roles.erase(member);
    if (settings.succeeded == member) settings.succeeded = 0;
    auto& expelled = settings.expelled;
    const auto place = std::ranges::lower_bound(expelled, member);
    if (place == expelled.end() || *place != member) expelled.insert(place, member);
    if (expelled.size() <= kMostExpelled) return;
    settings.members_from = std::max(settings.members_from, expelled.front() + 1);
    expelled.erase(expelled.begin());
}

std::optional<Rejection> refuse_right(const RoomState& state, const CommandRequest& request) {
    const Standing standing = state.standing_of(request.member, request.address);
    if (standing != Standing::welcome)
        return Rejection{standing == Standing::banned ? Refusal::banned : Refusal::removed, reason_of(standing)};
    const Need need = is_own(state, request) ? Need::add : kOps.at(request.command.index()).need;
    const Role least = least_role(state.settings.rights, need);
    if (state.role_of(request.member) >= least) return std::nullopt;
    if (least == Role::host) return Rejection{Refusal::not_allowed, "Only the host can do this here."};
    return Rejection{Refusal::not_allowed, "Only the host and the DJs can do this here. Ask the host to make you one."};
}

Outcome set_role(RoomState state, const CommandRequest& request, const SetRole& command) {
    if (command.member == request.member)
        return Rejection{Refusal::not_applicable, "You are the host: make somebody else the host, and you are a DJ."};
    auto& roles = state.settings.roles;
    const bool known = command.role == Role::host ? request.target.present
                                                  : request.target.present || request.target.member || roles.contains(command.member);
    if (!known || state.standing_of(command.member, {}) != Standing::welcome) return nobody_like_that();
    if (state.settings.succeeded == command.member) state.settings.succeeded = 0;
    if (command.role == Role::listener) {
        roles.erase(command.member);
        return Applied{std::move(state), {}};
    }
    if (roles.size() >= kMostRoles && !roles.contains(command.member)) {
        // The oldest of those who are away makes room.
        if (!request.absent_dj) {
            return Rejection{Refusal::too_many_roles,
                             "So many have a role here that nobody else can get one. Make some of them listeners first."};
        }
        roles.erase(*request.absent_dj);
    }
    roles[command.member] = command.role;
    if (command.role == Role::host) roles[request.member] = Role::dj;
    return Applied{std::move(state), {}};
}

Outcome set_rights(RoomState state, const SetRights& command, ServerTime at) {
    state.settings.rights = command.rights;
    review_upcoming(state, at);
    return Applied{std::move(state), {}};
}

Outcome expel(RoomState state, const CommandRequest& request, MemberId member, bool ban) {
    if (member == request.member) return Rejection{Refusal::not_applicable, "You cannot remove yourself. Leave the room instead."};
    if (!request.target.present && !request.target.member) return nobody_like_that();
    Settings& settings = state.settings;
    std::string address;
    if (ban) {
        const auto known = std::ranges::find(settings.banned, member, &Settings::Banned::member);
        if (known != settings.banned.end()) {
            address = known->address;
            settings.banned.erase(known);
        }
        if (settings.banned.size() >= kMostBanned)
            return Rejection{Refusal::too_many_bans,
                             "So many people are banned here that no more can be. Lift some bans, or lock the room."};
        // An address that the host has too is of the same home, or the same machine.
        if (!request.target.address.empty() && request.target.address != request.address) address = request.target.address;
        settings.banned.push_back({member, request.target.label, address});
    }
    expel(settings, member);
    return Applied{std::move(state), {Expel{member, ban, address}}};
}

Outcome unban(RoomState state, const Unban& command) {
    if (std::erase_if(state.settings.banned, [&](const Settings::Banned& each) { return each.member == command.member; }) == 0)
        return Rejection{Refusal::not_here, "Nobody like that is banned here."};
    std::erase(state.settings.expelled, command.member);
    return Applied{std::move(state), {}};
}

Outcome succeed_host(RoomState state, const HostAway& away) {
    const auto host = state.host();
    if (host == away.successor || state.standing_of(away.successor, {}) != Standing::welcome) return not_applicable();
    Settings& settings = state.settings;
    if (host) {
        if (settings.succeeded != *host) settings.roles.erase(settings.succeeded);
        settings.roles[*host] = Role::dj;
        settings.succeeded = *host;
    }
    settings.roles[away.successor] = Role::host;
    if (host) state.notice = away.label + " is the host now: the one before is away.";
    return Applied{std::move(state), {}};
}

}  // namespace musicspace::relay
