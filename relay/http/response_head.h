#pragma once
// The head of an answer: status line and headers, those that every answer has included. Pure: the time is an argument.

#include <cstdint>
#include <string>

#include "relay/http/messages.h"

namespace musicspace::relay {

struct ResponseFraming {
    bool keep_alive = true;
    bool http10 = false;        ///< the request was HTTP/1.0
    std::int64_t now_unix = 0;  ///< seconds since 1970
};

/// The head, from the status line to the empty line. Headers that restrict what browsers do with the answer are added unless it has its
/// own: by default it runs no scripts, shows in no frame, is not available to other sites, and is stored nowhere.
[[nodiscard]] std::string response_head(const HttpResponse& response, const ResponseFraming& framing);

}  // namespace musicspace::relay
