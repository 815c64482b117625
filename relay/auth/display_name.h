#pragma once
// What a person may call themselves. Pure.

#include <string>
#include <string_view>
#include <variant>

namespace musicspace::relay {

inline constexpr std::size_t kMaxNameCharacters = 40;

struct NameRefusal {
    std::string detail;  ///< one sentence for the person
};

/// The name with blanks around it dropped, or why it is refused: empty, longer than 40 characters (code points), not UTF-8, or
/// with control characters or direction overrides. HTML and emoji are text like any other.
[[nodiscard]] std::variant<std::string, NameRefusal> check_name(std::string_view text);

}  // namespace musicspace::relay
