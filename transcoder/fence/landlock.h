#pragma once
// A set of rules for Landlock, which keeps a thread, and what it starts, from files and TCP ports. It is built once, before a fork, and
// entered by as many as like. Landlock is in Linux from 5.13 on; ports need 6.7, signals 6.12.

#include <cstdint>
#include <string>
#include <vector>

#include "transcoder/fence/descriptor.h"

namespace musicspace::transcoder {

/// 0: the kernel has no Landlock, or it is turned off.
[[nodiscard]] int landlock_version();

inline constexpr int kLandlockPorts = 4;    ///< from this version on ports can be bounded
inline constexpr int kLandlockSignals = 6;  ///< and signals to processes outside

struct LandlockRules {
    std::vector<std::string> readable{};  ///< files, and folders with all in them: read and run. What does not exist is left out.
    std::vector<std::string> writable{};  ///< folders: all but running what lies in them
    bool reads_everything = false;        ///< only writing is bounded
    bool bounds_ports = false;
    std::vector<std::uint16_t> ports{};  ///< TCP, with bounds_ports: all that may be connected to; none may be listened on
    bool bounds_signals = true;
};

class Landlock {
public:
    /// Bounds nothing where the kernel cannot.
    explicit Landlock(const LandlockRules& rules);

    [[nodiscard]] bool available() const { return rules_.get() >= 0; }

    /// Of the calling thread, for good; needs no_new_privs. Async-signal-safe. False when it failed: see errno.
    [[nodiscard]] bool enter() const;

private:
    Descriptor rules_;
};

}  // namespace musicspace::transcoder
