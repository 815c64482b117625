#pragma once
// The cookies of a page that is signed in. Used by Accounts' own files only.

#include <chrono>
#include <string>
#include <string_view>

#include "relay/http/messages.h"

namespace musicspace::relay {

inline constexpr std::string_view kAccessCookie = "musicspace_access";
inline constexpr std::string_view kRefreshCookie = "musicspace_refresh";
inline constexpr std::string_view kDeviceCookie = "musicspace_device";  ///< says that this device has signed in before
inline constexpr std::string_view kAccessPath = "/api";
inline constexpr std::string_view kSessionPath = "/api/session";  ///< path of the refresh and the device cookie

/// The value of one cookie in a Cookie header; empty when it is not there.
[[nodiscard]] std::string cookie_value(std::string_view header, std::string_view name);

/// The value of a Set-Cookie header. HttpOnly keeps the cookie from scripts, SameSite=Strict from requests of other sites' pages.
[[nodiscard]] std::string set_cookie(std::string_view name, const std::string& value, std::string_view path, std::chrono::seconds lifetime,
                                     bool secure);

void forget_cookie(HttpResponse& response, std::string_view name, std::string_view path, const HttpRequest& request);

/// `response`, which also makes the browser forget the cookies of its sign-in.
[[nodiscard]] HttpResponse parting(const HttpRequest& request, HttpResponse response);

}  // namespace musicspace::relay
