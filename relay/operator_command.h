#pragma once
// The command line's side of the operator's socket: asks the server that runs, and prints what it says.

#include "relay/config.h"

namespace musicspace::relay {

/// Returns the program's exit code. Throws std::runtime_error when no server can be asked.
[[nodiscard]] int run_operator_call(const Config& config);

}  // namespace musicspace::relay
