#pragma once
// A network that holds nothing but a loopback interface of its own, and on it one listening socket, which the server accepts from: all
// that a program inside can reach. Made once, as a user namespace and a network namespace that nobody else is in; children enter it.
// Needs a kernel that lets ordinary users make user namespaces: Debian does, containers often do not.

#include <cstdint>
#include <memory>

#include "transcoder/fence/descriptor.h"

namespace musicspace::transcoder {

class PrivateNetwork {
public:
    /// Nothing where the system lets nobody make one.
    [[nodiscard]] static std::unique_ptr<PrivateNetwork> make();

    /// Of the calling process, which must have one thread; it has all rights over the network, and none elsewhere, until it drops them.
    /// Async-signal-safe. False when it failed: see errno.
    [[nodiscard]] bool enter() const;

    /// The socket, once.
    [[nodiscard]] Descriptor take_listener() { return std::move(listener_); }

private:
    PrivateNetwork() = default;
    Descriptor users_;
    Descriptor network_;
    Descriptor listener_;
};

}  // namespace musicspace::transcoder
