#pragma once
// Where this computer is found in its network.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <string>

namespace musicspace::relay {

/// The IPv4 address from which this computer reaches the rest of the network; empty when it has none. Nothing is sent to find it.
[[nodiscard]] inline std::string network_address() {
    using boost::asio::ip::udp;
    const udp::endpoint elsewhere(boost::asio::ip::make_address_v4("192.0.2.1"), 9);  // an address for documentation (RFC 5737)
    boost::asio::io_context context;
    udp::socket socket(context);
    boost::system::error_code error;
    socket.open(udp::v4(), error);
    if (!error) socket.connect(elsewhere, error);
    const auto own = error ? udp::endpoint() : socket.local_endpoint(error);
    return error || own.address().is_unspecified() || own.address().is_loopback() ? std::string() : own.address().to_string();
}

}  // namespace musicspace::relay
