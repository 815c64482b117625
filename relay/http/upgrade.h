#pragma once
// A connection that asked to become a WebSocket, on its way from http/ to session/. The one header that shows Beast; include it
// from the two coroutine files only (precompiled there).

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace musicspace::relay {

using Request = boost::beast::http::request<boost::beast::http::string_body>;

struct Upgrade {
    boost::asio::ip::tcp::socket socket;
    Request request;
    std::string address{};  ///< whom it comes from (client_address.h)
};

}  // namespace musicspace::relay
