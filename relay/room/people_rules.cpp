#include "relay/room/people_rules.h"

#include <algorithm>
#include <array>

#include "relay/room/succession.h"

namespace musicspace::relay {

namespace {

constexpr std::size_t kMostBanned = 200;
constexpr std::size_t kMostExpelled = 1'000;

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

bool RoomState::shuts_out(MemberId member, const std::string& address) const {
    if (std::ranges::find(settings.expelled, member) != settings.expelled.end()) return true;
    return !address.empty() && std::ranges::find(settings.banned, address, &Settings::Banned::address) != settings.banned.end();
}

std::optional<Rejection> refuse_right(const RoomState& state, const CommandRequest& request) {
    if (state.shuts_out(request.member, {})) return Rejection{Refusal::not_allowed, "You were removed from this room."};
    const Need need = is_own(state, request) ? Need::add : kOps.at(request.command.index()).need;
    const Role least = least_role(state.settings.rights, need);
    if (state.role_of(request.member) >= least) return std::nullopt;
    if (least == Role::host) return Rejection{Refusal::not_allowed, "Only the host can do this here."};
    return Rejection{Refusal::not_allowed, "Only the host and the DJs can do this here. Ask the host to make you one."};
}

Outcome set_role(RoomState state, const CommandRequest& request, const SetRole& command) {
    if (command.member == request.member)
        return Rejection{Refusal::not_applicable, "You are the host: make somebody else the host, and you are a DJ."};
    if (!request.target.present && !state.settings.roles.contains(command.member))
        return Rejection{Refusal::not_here, "Nobody like that is in this room any more."};
    auto& roles = state.settings.roles;
    if (command.role == Role::listener) {
        roles.erase(command.member);
    } else {
        roles[command.member] = command.role;
    }
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
    if (!request.target.present) return Rejection{Refusal::not_here, "Nobody like that is in this room any more."};
    Settings& settings = state.settings;
    if (ban) {
        if (settings.banned.size() >= kMostBanned)
            return Rejection{Refusal::too_many_bans,
                             "So many people are banned here that no more can be. Lift some bans, or lock the room."};
        // An address that the host has too is of the same home, or the same machine.
        const std::string address = request.target.address == request.address ? std::string() : request.target.address;
        settings.banned.push_back({member, request.target.label, address});
    }
    settings.roles.erase(member);
    settings.expelled.push_back(member);
    if (settings.expelled.size() > kMostExpelled) settings.expelled.erase(settings.expelled.begin());
    return Applied{std::move(state), {Expel{member, ban}}};
}

Outcome unban(RoomState state, const Unban& command) {
    if (std::erase_if(state.settings.banned, [&](const Settings::Banned& each) { return each.member == command.member; }) == 0)
        return Rejection{Refusal::not_here, "Nobody like that is banned here."};
    std::erase(state.settings.expelled, command.member);
    return Applied{std::move(state), {}};
}

Outcome succeed_host(RoomState state, const HostAway& away) {
    const auto host = state.host();
    if (host == away.successor) return not_applicable();
    if (host) state.settings.roles[*host] = Role::dj;
    state.settings.roles[away.successor] = Role::host;
    if (host) state.notice = away.label + " is the host now: the one before is away.";
    return Applied{std::move(state), {}};
}

}  // namespace musicspace::relay
