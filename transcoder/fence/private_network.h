#pragma once
// A network that has only a loopback interface of its own, and on it one listening socket, from which the server accepts connections. A
// program inside can reach nothing else. It is made once, as a user namespace and a network namespace, and children enter it. This needs a
// system on which ordinary users may make user namespaces: Debian lets them, containers often do not.

#include <cstdint>
#include <memory>

#include "transcoder/fence/descriptor.h"

namespace musicspace::transcoder {

class PrivateNetwork {
public:
    /// Null when this system does not let the server make one.
    [[nodiscard]] static std::unique_ptr<PrivateNetwork> make();

    /// Moves the calling process, which has to have one thread, into the network. There, and only there, it has all rights until it drops
    /// them. Async-signal-safe. Returns false when it failed: see errno.
    [[nodiscard]] bool enter() const;

    /// The listening socket; to be called once.
    [[nodiscard]] Descriptor take_listener() { return std::move(listener_); }

private:
    PrivateNetwork() = default;
    Descriptor users_;
    Descriptor network_;
    Descriptor listener_;
};

}  // namespace musicspace::transcoder
