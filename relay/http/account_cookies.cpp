#include "relay/http/account_cookies.h"

namespace musicspace::relay {

std::string cookie_value(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const auto end = header.find(';');
        std::string_view pair = header.substr(0, end);
        while (pair.starts_with(' ')) pair.remove_prefix(1);
        if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=')
            return std::string(pair.substr(name.size() + 1));
        header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
    }
    return {};
}

std::string set_cookie(std::string_view name, const std::string& value, std::string_view path, std::chrono::seconds lifetime, bool secure) {
    std::string cookie(name);
    cookie.append("=").append(value).append("; Path=").append(path).append("; Max-Age=").append(std::to_string(lifetime.count()));
    return cookie.append("; HttpOnly; SameSite=Strict").append(secure ? "; Secure" : "");
}

void forget_cookie(HttpResponse& response, std::string_view name, std::string_view path, const HttpRequest& request) {
    response.headers.emplace_back("Set-Cookie", set_cookie(name, "", path, std::chrono::seconds(0), request.over_https));
}

HttpResponse parting(const HttpRequest& request, HttpResponse response) {
    forget_cookie(response, kAccessCookie, kAccessPath, request);
    forget_cookie(response, kRefreshCookie, kSessionPath, request);
    return response;
}

}  // namespace musicspace::relay
