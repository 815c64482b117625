#pragma once
// A set of rules for Landlock, which keeps a thread, and the processes that it starts, from files and TCP ports. It is built once, and may
// be entered any number of times. Landlock is in Linux from 5.13 on; ports need 6.7, signals 6.12.

#include <cstdint>
#include <string>
#include <vector>

#include "transcoder/fence/descriptor.h"

namespace musicspace::transcoder {

/// The version of the kernel's Landlock; 0 when it has none, or when it is turned off.
[[nodiscard]] int landlock_version();

inline constexpr int kLandlockPorts = 4;    ///< from this version on, ports can be restricted
inline constexpr int kLandlockSignals = 6;  ///< from this version on, signals to processes outside can be

struct LandlockRules {
    std::vector<std::string> readable{};  ///< files, and folders with all that is in them, to read and execute; missing ones are ignored
    std::vector<std::string> writable{};  ///< folders in which all is allowed except executing
    bool reads_everything = false;        ///< only writing is restricted
    bool bounds_ports = false;
    std::vector<std::uint16_t> ports{};  ///< with bounds_ports: the TCP ports that may be connected to; none may be listened on
    bool bounds_signals = true;
};

class Landlock {
public:
    /// Restricts as much of it as the kernel can.
    explicit Landlock(const LandlockRules& rules);

    [[nodiscard]] bool available() const { return rules_.get() >= 0; }

    /// Restricts the calling thread, for good; it needs no_new_privs. Async-signal-safe. Returns false when it failed: see errno.
    [[nodiscard]] bool enter() const;

private:
    Descriptor rules_;
};

}  // namespace musicspace::transcoder
