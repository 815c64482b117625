#pragma once
// The names that people go by. Pure.

#include <string>
#include <string_view>
#include <variant>

namespace musicspace::relay {

struct NameRefusal {
    std::string detail;  ///< one sentence for the person
};

/// The name through the text gate and in composed form, or why it is refused: nothing to see in it, longer than 40 characters, or no UTF-8.
[[nodiscard]] std::variant<std::string, NameRefusal> check_name(std::string_view text);

/// What an account is found and counted by. Names that look alike, because they differ only in capitals, in how their characters are
/// composed or in what cannot be seen, are one account's.
struct AccountKey {
    std::string key;
    std::string older;  ///< the key that an account has whose name was taken before that held: tried first
};

/// `typed` as the person typed it, `name` as check_name() returned it for that.
[[nodiscard]] AccountKey account_key(std::string_view typed, std::string_view name);

}  // namespace musicspace::relay
