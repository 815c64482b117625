#pragma once
// Names of people: whether one may be used, and which account it belongs to. Pure.

#include <string>
#include <string_view>
#include <variant>

namespace musicspace::relay {

struct NameRefusal {
    std::string detail;  ///< one sentence for the person
};

/// The name, cleaned (text.h) and in composed form, or the reason why it is refused: it shows nothing, has more than 40 characters, or is
/// not UTF-8.
[[nodiscard]] std::variant<std::string, NameRefusal> check_name(std::string_view text);

/// The key by which an account is found, and tries of its password are counted. Names that differ only in capitals, in how their characters
/// are composed, or in characters that cannot be seen, have the same key.
struct AccountKey {
    std::string key;
    std::string older;  ///< the key that accounts got before there were such keys; to be looked for first
};

/// `typed` as the person typed it, `name` as check_name() returned it for that.
[[nodiscard]] AccountKey account_key(std::string_view typed, std::string_view name);

}  // namespace musicspace::relay
