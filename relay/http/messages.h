#pragma once
// HTTP requests and responses as the handlers see them: values, no Beast.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relay/problem.h"

namespace musicspace::relay {

struct HttpRequest {
    std::string method;         ///< "GET"
    std::string path;           ///< without the query
    std::string query;          ///< as it came, percent-encoded
    std::string authorization;  ///< the header's value, or empty
    std::string address;        ///< the client's key (client_address.h)
    std::string body;
    bool takes_gzip = false;
    std::string cookie{};     ///< the header's value, or empty
    bool own_page = false;    ///< it says that a page of this server sent it (Origin)
    bool over_https = false;  ///< the browser reached the first proxy over https
};

struct HttpResponse {
    int status = 200;
    std::string content_type;
    std::shared_ptr<const std::string> body;
    std::vector<std::pair<std::string, std::string>> headers;
};

/// The token of a Bearer Authorization header; nothing when there is no such header.
[[nodiscard]] inline std::optional<std::string> bearer_of(const HttpRequest& request) {
    constexpr std::string_view kBearer = "Bearer ";
    return request.authorization.starts_with(kBearer) ? std::optional(request.authorization.substr(kBearer.size())) : std::nullopt;
}

using HttpReply = std::function<void(HttpResponse)>;

[[nodiscard]] inline HttpResponse text_response(int status, std::string content_type, std::string body) {
    return {status, std::move(content_type), std::make_shared<const std::string>(std::move(body)), {{"Cache-Control", "no-store"}}};
}
[[nodiscard]] inline HttpResponse json_response(int status, std::string body) {
    return text_response(status, "application/json", std::move(body));
}
/// A 429 or a 503 always says when to come again: `retry_after`, or a few seconds where the problem names no time.
[[nodiscard]] inline HttpResponse problem_response(Problem problem) {
    constexpr unsigned kSoon = 5;
    if (!problem.retry_after && (problem.status == 429 || problem.status == 503)) problem.retry_after = kSoon;
    HttpResponse response = text_response(problem.status, "application/problem+json", problem_json(problem));
    if (problem.retry_after) response.headers.emplace_back("Retry-After", std::to_string(*problem.retry_after));
    return response;
}

}  // namespace musicspace::relay
