#pragma once
// Text that people type for others to read. Pure.

#include <string>
#include <string_view>
#include <variant>

namespace musicspace {

enum class TextFault { empty, too_long, not_utf8, unshowable };

/// One line of at most `most` characters (code points) with the blanks around it dropped, or what is wrong: nothing to see in it, too
/// long, no UTF-8, control characters or direction overrides. HTML and emoji are text like any other.
[[nodiscard]] std::variant<std::string, TextFault> check_text(std::string_view text, std::size_t most);

/// What programs say of a track, to be shown until it is opened: cut to `most` characters, and empty where check_text() finds fault.
[[nodiscard]] std::string shown_text(std::string_view text, std::size_t most);

}  // namespace musicspace
