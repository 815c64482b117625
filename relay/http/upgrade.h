#pragma once
// A connection that asked to become a WebSocket, on its way from http/ to session/.

#include <boost/asio/ip/tcp.hpp>
#include <string>

namespace musicspace::relay {

struct Upgrade {
    boost::asio::ip::tcp::socket socket;
    std::string key;           ///< Sec-WebSocket-Key, which the handshake answers
    bool subprotocol = false;  ///< the client offered musicspace.v1, and the handshake accepts it
    std::string early{};       ///< bytes that came behind the request: its first messages
    std::string address{};     ///< the client's key (client_address.h)
};

}  // namespace musicspace::relay
