#include "relay/auth/display_name.h"

#include "relay/base/ascii.h"
#include "relay/base/text.h"

namespace musicspace::relay {

std::variant<std::string, NameRefusal> check_name(std::string_view text) {
    if (text.size() > kNameText.bytes * 4) return NameRefusal{"This name is too long: 40 characters at most."};
    auto checked = check_text(composed(text), kNameText);
    if (auto* name = std::get_if<std::string>(&checked)) return std::move(*name);
    switch (std::get<TextFault>(checked)) {
        case TextFault::empty:
            return NameRefusal{"Enter a name, so that the others know who you are."};
        case TextFault::not_utf8:
            return NameRefusal{"This name is not valid text (UTF-8)."};
        case TextFault::too_long:
            return NameRefusal{"This name is too long: 40 characters at most."};
    }
    return NameRefusal{};
}

AccountKey account_key(std::string_view typed, std::string_view name) {
    // Keys were the trimmed name with ASCII's capitals made small.
    return {folded(name), lower_case(trimmed(typed, kBlanks))};
}

}  // namespace musicspace::relay
