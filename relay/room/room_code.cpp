#include "relay/room/room_code.h"

#include <sodium.h>

#include <cctype>
#include <stdexcept>

namespace musicspace::relay {

std::string random_code(std::size_t length) {
    if (sodium_init() < 0) throw std::runtime_error("The system's random source does not work.");
    std::string code;
    for (std::size_t i = 0; i < length; ++i) code += kCodeAlphabet[randombytes_uniform(kCodeAlphabet.size())];
    return code;
}

std::optional<std::string> parse_code(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    if (text.size() != kCodeLength) return std::nullopt;
    std::string code;
    for (const char c : text) code += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (code.find_first_not_of(kCodeAlphabet) != std::string::npos) return std::nullopt;
    return code;
}

}  // namespace musicspace::relay
