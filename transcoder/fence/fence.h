#pragma once
// What a program that this server starts, or a thread of it that reads strangers' bytes, may still do. A Fence is a value that says what
// is allowed; a PreparedFence is its rules as the kernel takes them, made beforehand, to be entered by any child between its start and
// its program, or by a thread. A part that the kernel or the system does not offer is left out: parts() names those in force.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "transcoder/fence/landlock.h"
#include "transcoder/fence/private_network.h"
#include "transcoder/fence/system_calls.h"

namespace musicspace::transcoder {

/// Of each process, except the last.
struct ProcessLimits {
    std::uint64_t data_bytes = std::uint64_t{1} << 30U;  ///< yt-dlp takes 60 MB, Deno 100 to 300
    std::uint64_t cpu_seconds = 60;                      ///< a call ends after 30 s on the clock, on one core or two
    std::uint64_t file_bytes = 64U << 20U;
    std::uint64_t open_files = 1024;
    std::uint64_t processes = 512;  ///< threads too, of all in the private network together; not for root
};

struct Fence {
    LandlockRules files{};
    SystemCallRules calls{};
    std::shared_ptr<const PrivateNetwork> network{};  ///< of processes; empty: the host's
    std::optional<ProcessLimits> limits{};            ///< of processes
};

class PreparedFence {
public:
    explicit PreparedFence(Fence fence);

    /// Of the calling process, which has one thread and becomes a program next. Async-signal-safe. False when it failed: see errno.
    [[nodiscard]] bool enter_process() const;

    /// Of the calling thread alone, and those that it starts.
    [[nodiscard]] bool enter_thread() const;

    [[nodiscard]] std::vector<std::string> parts() const;

private:
    const Fence fence_;
    const Landlock landlock_;
    const SystemCallFilter filter_;
};

/// What every program needs to read: libraries, certificates, names, the time zone. Nothing of /home, /root, /var, /run, nor all of /etc.
[[nodiscard]] std::vector<std::string> system_paths();

}  // namespace musicspace::transcoder
