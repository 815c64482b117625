#pragma once
// What goes over the line before an answer's body, with the headers that every answer has. Pure, except for the time, which is given.

#include <cstdint>
#include <string>

#include "relay/http/messages.h"

namespace musicspace::relay {

struct ResponseFraming {
    bool keep_alive = true;
    bool http10 = false;        ///< of the request
    std::int64_t now_unix = 0;  ///< seconds since 1970
};

/// From the status line to the empty line. Headers that keep browsers from misusing the answer are added where it has none of its own:
/// an answer that says nothing else runs no scripts, shows in no frame, is no other site's, and is stored nowhere.
[[nodiscard]] std::string response_head(const HttpResponse& response, const ResponseFraming& framing);

}  // namespace musicspace::relay
