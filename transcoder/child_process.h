#pragma once
// Runs one program to its end with a time limit and an output limit. Blocks its caller's thread; no shell is involved.
// The child gets its own process group, which is killed as a whole on cancel, on a limit, when it has ended, and when this server dies.

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "transcoder/fence/fence.h"

namespace musicspace::transcoder {

struct ChildSpec {
    std::vector<std::string> arguments;  ///< arguments[0] is the program, looked up in PATH
    std::chrono::milliseconds time_limit{30'000};
    std::size_t output_limit = 16U << 20U;  ///< bytes of standard output; standard error keeps its last 64 KiB
    /// Variables of this process that the child gets besides those that every child gets (see child_environment()).
    /// One that ends in * stands for all that begin so.
    std::vector<std::string> inherited{};
    std::map<std::string, std::string, std::less<>> environment{};  ///< set by us, whatever this process's own says
    std::optional<Fence> fence{};                                   ///< what the child may do; empty: all that this process may
};

enum class ChildEnd { exited, timed_out, too_much_output, cancelled };

struct ChildResult {
    ChildEnd end = ChildEnd::exited;
    int exit_code = 0;  ///< 128 + signal when a signal ended it; meaningful for `exited`
    std::string standard_output;
    std::string standard_error;
};

/// NAME=value of all that the child gets: the paths, the language, the time zone and the certificates of this process, what `spec`
/// inherits, and what it sets. Never the whole environment: that holds the database's password.
[[nodiscard]] std::vector<std::string> child_environment(const ChildSpec& spec);

/// Throws std::system_error when no child can be made (program not found: ENOENT).
[[nodiscard]] ChildResult run_child(const ChildSpec& spec, const std::stop_token& stop);

}  // namespace musicspace::transcoder
