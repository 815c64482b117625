#include "relay/auth/display_name.h"

#include "relay/base/text.h"

namespace musicspace::relay {

std::variant<std::string, NameRefusal> check_name(std::string_view text) {
    auto checked = check_text(text, kMaxNameCharacters);
    if (auto* name = std::get_if<std::string>(&checked)) return std::move(*name);
    switch (std::get<TextFault>(checked)) {
        case TextFault::empty:
            return NameRefusal{"Enter a name, so that the others know who you are."};
        case TextFault::not_utf8:
            return NameRefusal{"This name is not valid text (UTF-8)."};
        case TextFault::too_long:
            return NameRefusal{"This name is too long: 40 characters at most."};
        case TextFault::unshowable:
            return NameRefusal{"This name contains characters that cannot be shown. Use letters, digits, signs or emoji."};
    }
    return NameRefusal{};
}

}  // namespace musicspace::relay
