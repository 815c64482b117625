#pragma once
// Which people may create rooms on this server.

#include <string_view>

namespace musicspace::relay {

enum class CreatePolicy {
    anyone,
    accounts,  ///< people who are signed in
    key,       ///< people who know the key of the server
};

[[nodiscard]] constexpr std::string_view name_of(CreatePolicy policy) {
    switch (policy) {
        case CreatePolicy::anyone:
            return "anyone";
        case CreatePolicy::accounts:
            return "accounts";
        case CreatePolicy::key:
            break;
    }
    return "key";
}

}  // namespace musicspace::relay
