#pragma once
// Wires the modules together and runs the I/O thread: accepts connections, ticks the rooms, ends on SIGINT and SIGTERM.

#include "relay/config.h"

namespace musicspace::relay {

/// Runs until a signal asks it to end. Throws std::runtime_error with a message for the operator when it cannot start.
void run_server(const Config& config);

}  // namespace musicspace::relay
