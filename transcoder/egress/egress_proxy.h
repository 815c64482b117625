#pragma once
// The way out for yt-dlp: a forward proxy on the loopback interface (CONNECT, and plain http), which resolves each name itself, refuses
// what the address policy forbids, and connects to the very address it has checked: neither redirects nor names that resolve
// differently a moment later get around it. It serves who knows its secret, which is part of url().
// Runs on one thread of its own from construction to destruction.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "transcoder/fence/descriptor.h"
#include "transcoder/source/address_policy.h"

namespace musicspace::transcoder {

struct EgressLimits {
    std::uint64_t bytes = std::uint64_t{64} << 20U;  ///< of answers, per connection
    std::chrono::seconds time{60};                   ///< per connection
    std::size_t connections = 256;                   ///< at once
};

class EgressProxy {
public:
    /// `listener`: a socket that listens on the loopback interface of a network of yt-dlp's own; without one it listens on this host's.
    /// Throws std::system_error when it cannot listen.
    explicit EgressProxy(AddressPolicy addresses, EgressLimits limits = {}, Descriptor listener = Descriptor());
    ~EgressProxy();
    EgressProxy(const EgressProxy&) = delete;
    EgressProxy& operator=(const EgressProxy&) = delete;

    /// As programs take it: http://user:secret@127.0.0.1:port
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::uint16_t port() const;

private:
    class Server;
    std::unique_ptr<Server> server_;
};

}  // namespace musicspace::transcoder
