#pragma once
// Who may do what in a room. Values.

#include <cstdint>
#include <string_view>

namespace musicspace::relay {

using MemberId = std::int64_t;

/// Each may do what those before it may.
enum class Role { listener, dj, host };

/// What a command needs of who gives it.
enum class Need { nothing, control, add, reorder, skip, host };

struct Rights {
    // The least role that may: pause, seek, play something else, set speed and volume; add; move, remove and clear; skip.
    Role control = Role::listener;
    Role add = Role::listener;
    Role reorder = Role::listener;
    Role skip = Role::listener;
    bool by_votes = false;  ///< what has most votes is next
    int skip_share = 50;    ///< percent of those present whose votes skip a track, 1 to 100

    friend bool operator==(const Rights&, const Rights&) = default;
};

inline constexpr Rights kEveryone{};
inline constexpr Rights kDjs{.control = Role::dj, .add = Role::dj, .reorder = Role::dj, .skip = Role::dj};
inline constexpr Rights kHostOnly{.control = Role::host, .add = Role::host, .reorder = Role::host, .skip = Role::host};
inline constexpr Rights kVote{.control = Role::dj, .add = Role::listener, .reorder = Role::dj, .skip = Role::dj, .by_votes = true};

/// The least role that meets `need`.
[[nodiscard]] constexpr Role least_role(const Rights& rights, Need need) {
    switch (need) {
        case Need::nothing:
            return Role::listener;
        case Need::control:
            return rights.control;
        case Need::add:
            return rights.add;
        case Need::reorder:
            return rights.reorder;
        case Need::skip:
            return rights.skip;
        case Need::host:
            return Role::host;
    }
    return Role::host;
}

[[nodiscard]] constexpr std::string_view name_of(Role role) {
    constexpr std::string_view kNames[] = {"listener", "dj", "host"};
    return kNames[static_cast<std::size_t>(role)];
}

}  // namespace musicspace::relay
