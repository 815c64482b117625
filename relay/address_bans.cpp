#include "relay/address_bans.h"

#include "relay/http/client_address.h"

namespace musicspace::relay {

std::optional<std::string> AddressBans::key_of(const std::string& typed) {
    boost::system::error_code error;
    // A /64 may be typed in the form in which it is listed.
    const bool prefix = typed.ends_with("/64");
    const auto address = boost::asio::ip::make_address(typed.substr(0, typed.size() - (prefix ? 3 : 0)), error);
    if (error || (prefix && address.is_v4())) return std::nullopt;
    auto key = address_key(address);
    return key.empty() ? std::nullopt : std::optional(std::move(key));
}

}  // namespace musicspace::relay
