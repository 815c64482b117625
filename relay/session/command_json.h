#pragma once
// Commands as they come: one table of what each op takes. Never throws: what is wrong comes back as a Problem. docs/protocol.md.

#include <nlohmann/json_fwd.hpp>
#include <variant>

#include "relay/session/messages.h"

namespace musicspace::relay {

/// `object`: {"op": ..., ...}. The message's id is not read.
[[nodiscard]] std::variant<CommandMessage, Problem> parse_command(const nlohmann::json& object);

}  // namespace musicspace::relay
