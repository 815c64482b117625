#pragma once
// The checks of a request's head before anybody handles it: which client it comes from, over which scheme, from which site's page. Gives
// the request for the router, and the answer if it is not let in. Pure: knows neither sockets nor rooms.

#include <boost/asio/ip/address.hpp>
#include <optional>

#include "relay/http/client_address.h"
#include "relay/http/guard.h"
#include "relay/http/messages.h"
#include "relay/http/request_parser.h"

namespace musicspace::relay {

struct FrontDoor {
    AddressRanges trusted_proxies;
    OwnNames names;
};

struct Entering {
    HttpRequest request;                    ///< without its body
    std::optional<HttpResponse> refusal{};  ///< the answer to a request that is not let in
};

/// `peer`: the other end of the connection.
[[nodiscard]] Entering enter(const FrontDoor& door, const RequestHead& head, const boost::asio::ip::address& peer);

}  // namespace musicspace::relay
