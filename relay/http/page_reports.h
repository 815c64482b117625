#pragma once
// Pages tell of exceptions that they did not catch; each becomes a line of the log. Nobody has to be in a room for it. I/O thread; takes
// time as an argument.

#include <string>

#include "relay/http/messages.h"
#include "relay/rate_limit.h"

namespace musicspace::relay {

class PageReports {
public:
    /// Logs the report in the request's body: {"error": "TypeError: …", "at": ["RoomPage-x.js:1:2"], "browser": "Firefox 128"}. Answers
    /// with 200; with 422 when it is none; and with 429 when this address, or all together, have reported too often.
    [[nodiscard]] HttpResponse take(const HttpRequest& request, ServerTime now);

private:
    RateLimit<std::string> address_rate_{10, std::chrono::minutes(1)};
    RateLimit<int> rate_{60, std::chrono::minutes(1)};
};

}  // namespace musicspace::relay
