#include "relay/http/page_reports.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "relay/address_budgets.h"
#include "relay/base/text.h"
#include "relay/http/account_answers.h"
#include "relay/json_text.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostPlaces = 6;
constexpr TextLimit kErrorText{200, 400};
constexpr TextLimit kPlaceText{80, 160};

Problem bad_report() {
    return {422, "bad-report", "This is no report", "A report has the fields error, at and browser. docs/api/openapi.yaml describes them."};
}

}  // namespace

HttpResponse PageReports::take(const HttpRequest& request, ServerTime now) {
    auto wait = request.address.empty() ? ServerClock::duration::zero() : address_rate_.spend(request.address, 1, now);
    if (wait == ServerClock::duration::zero()) wait = rate_.spend(0, 1, now);
    if (wait != ServerClock::duration::zero()) {
        return problem_response({429, "too-fast", "Too many reports",
                                 "Pages have reported often within the last minute. This one is not needed.", whole_seconds(wait)});
    }
    const Json body = object_of(request.body);
    const std::string error = shown_text(text_of(body, "error"), kErrorText);
    if (error.empty()) return problem_response(bad_report());
    std::string places;
    const auto at = body.find("at");
    for (std::size_t i = 0; at != body.end() && at->is_array() && i < std::min(at->size(), kMostPlaces); ++i) {
        const auto* place = (*at)[i].get_ptr<const std::string*>();
        if (place != nullptr) places.append(places.empty() ? "" : " < ").append(shown_text(*place, kPlaceText));
    }
    spdlog::warn("a page has failed: {} at {} in {}", error, places, shown_text(text_of(body, "browser"), kPlaceText));
    return done_response();
}

}  // namespace musicspace::relay
