#pragma once
// What becomes of a request's head before anybody handles it: whom it comes from, by which scheme, from which page; and the answer to
// one that is not let in. Pure: it stands between the parser and the router, and knows neither sockets nor rooms.

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
    std::optional<HttpResponse> refusal{};  ///< there: it is not let in
};

/// `peer`: the other end of the connection.
[[nodiscard]] Entering enter(const FrontDoor& door, const RequestHead& head, const boost::asio::ip::address& peer);

}  // namespace musicspace::relay
