#pragma once
// A fence restricts what a program that this server starts may do, or a thread of the server that reads strangers' bytes. A Fence is a
// value that says what is allowed. A PreparedFence holds its rules in the form that the kernel takes; it is made beforehand, and is entered
// by child processes just before they execute their program, or by threads. A part that the kernel or the system does not offer is left
// out: parts() names those in force.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "transcoder/fence/landlock.h"
#include "transcoder/fence/private_network.h"
#include "transcoder/fence/system_calls.h"

namespace musicspace::transcoder {

/// Limits of each process; `processes` is one of all together.
struct ProcessLimits {
    std::uint64_t data_bytes = std::uint64_t{1} << 30U;  ///< yt-dlp takes 60 MB, Deno 100 to 300
    std::uint64_t cpu_seconds = 60;                      ///< a call ends after 30 s on the clock, on one core or two
    std::uint64_t file_bytes = 64U << 20U;
    std::uint64_t open_files = 1024;
    std::uint64_t processes = 512;  ///< counts threads too, of all processes in the private network together; does not bind root
};

struct Fence {
    LandlockRules files{};
    SystemCallRules calls{};
    std::shared_ptr<const PrivateNetwork> network{};  ///< for processes; null: the host's network
    std::optional<ProcessLimits> limits{};            ///< for processes
};

class PreparedFence {
public:
    explicit PreparedFence(Fence fence);

    /// Restricts the calling process, which has to have one thread and to execute its program next. Async-signal-safe. Returns false when a
    /// part failed: see errno.
    [[nodiscard]] bool enter_process() const;

    /// Restricts the calling thread, and those that it starts from now on. Returns false when a part failed: see errno.
    [[nodiscard]] bool enter_thread() const;

    [[nodiscard]] std::vector<std::string> parts() const;

private:
    const Fence fence_;
    const Landlock landlock_;
    const SystemCallFilter filter_;
};

/// The files and folders that every program needs to read: libraries, certificates, names, the time zone. None of them is in /home, /root
/// or /var, only one in /run, and a few in /etc.
[[nodiscard]] std::vector<std::string> system_paths();

}  // namespace musicspace::transcoder
