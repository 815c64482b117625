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
inline constexpr std::string_view kSessionPath = "/api/session";  ///< of the other two

/// The value of one cookie in a Cookie header; empty when it is not there.
[[nodiscard]] std::string cookie_value(std::string_view header, std::string_view name);

/// HttpOnly: no script reads them. SameSite=Strict: no other site's page sends them.
[[nodiscard]] std::string set_cookie(std::string_view name, const std::string& value, std::string_view path, std::chrono::seconds lifetime,
                                     bool secure);

void forget_cookie(HttpResponse& response, std::string_view name, std::string_view path, const HttpRequest& request);

/// `response`, with which nobody is signed in any more where it goes.
[[nodiscard]] HttpResponse parting(const HttpRequest& request, HttpResponse response);

}  // namespace musicspace::relay
