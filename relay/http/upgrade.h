#pragma once
// A connection that asked to become a WebSocket, on its way from http/ to session/. The one header that shows Beast; include it
// from the two coroutine files only (precompiled there).

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace musicspace::relay {

struct Upgrade {
    boost::beast::tcp_stream stream;
    boost::beast::http::request<boost::beast::http::string_body> request;
};

}  // namespace musicspace::relay
