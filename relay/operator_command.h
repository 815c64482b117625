#pragma once
// The command line's side of the operator's socket: sends a call to the running server, and prints its answer.

#include "relay/config.h"

namespace musicspace::relay {

/// Returns the program's exit code. Throws std::runtime_error when no server can be reached.
[[nodiscard]] int run_operator_call(const Config& config);

}  // namespace musicspace::relay
