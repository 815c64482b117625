#include "relay/http/router.h"

#include <ctime>
#include <optional>

#include "relay/http/network_address.h"
#include "relay/http/path_pattern.h"
#include "relay/session/messages.h"

namespace musicspace::relay {

struct Router::Route {
    std::string_view method;
    std::string_view path;
    Handler handler;
};

const std::vector<Router::Route>& Router::routes() {
    static const std::vector<Route> kRoutes{
        {"GET", "/healthz", &Router::health},
        {"GET", "/readyz", &Router::readiness},
        {"GET", "/metrics", &Router::metrics},
        {"GET", "/api/about", &Router::about},
        {"POST", "/api/reports", &Router::report},
        {"POST", "/api/rooms", &Router::create_room},
        {"GET", "/api/rooms/{}", &Router::show_room},
        {"GET", "/api/rooms/{}/artwork", &Router::show_artwork},
        {"POST", "/api/rooms/{}/members", &Router::add_member},
        {"GET", "/api/rooms/{}/members", &Router::show_members},
        {"GET", "/api/rooms/{}/library", &Router::browse_library},
        {"GET", "/api/rooms/{}/history", &Router::show_history},
        {"GET", "/api/rooms/{}/search", &Router::search},
        {"GET", "/api/pictures", &Router::show_picture},
        {"POST", "/api/rooms/{}/commands", &Router::command},
        {"POST", "/api/accounts", &Router::create_account},
        {"DELETE", "/api/accounts", &Router::account<&Accounts::remove>},
        {"PUT", "/api/accounts/password", &Router::account<&Accounts::change_password>},
        {"POST", "/api/session", &Router::account<&Accounts::sign_in>},
        {"GET", "/api/session", &Router::account<&Accounts::show>},
        {"DELETE", "/api/session", &Router::account<&Accounts::sign_out>},
        {"POST", "/api/session/refresh", &Router::account<&Accounts::refresh>},
        {"DELETE", "/api/sessions", &Router::account<&Accounts::sign_out_everywhere>},
        {"GET", "/api/me/rooms", &Router::account<&Accounts::show_rooms>},
        {"GET", "/api/me/heard", &Router::account<&Accounts::show_heard>},
        {"GET", "/api/me/favourites", &Router::account<&Accounts::show_favourites>},
        {"PUT", "/api/me/favourites", &Router::account<&Accounts::add_favourite>},
        {"DELETE", "/api/me/favourites", &Router::account<&Accounts::remove_favourite>},
    };
    return kRoutes;
}

void Router::handle(const HttpRequest& request, const HttpReply& reply) {
    if (request.method == "HEAD") {
        // The connection sends the answer without its body.
        HttpRequest asked = request;
        asked.method = "GET";
        route(asked, reply);
        return;
    }
    route(request, reply);
}

std::size_t Router::body_limit(const HttpRequest& request) const {
    constexpr std::size_t kCommon = 64U << 10U;
    constexpr std::size_t kOfMembers = 256U << 10U;  // five hundred tracks of a playlist, with usual titles
    if (!match("/api/rooms/{}/commands", request.path)) return kCommon;
    TokenFault ignored{};
    const auto token = bearer_of(request);
    return token && services_.tokens.check(*token, std::time(nullptr), ignored) ? kOfMembers : kCommon;
}

void Router::route(const HttpRequest& request, const HttpReply& reply) {
    if (request.path.starts_with("/api/admin/")) {
        admin_.handle(request, reply);
        return;
    }
    if (request.path.starts_with("/api/") && services_.budgets.banned(request.address)) {
        reply(problem_response(
            {403, "address-banned", "Banned from this server", "The people who run this server have banned your address. Ask them why."}));
        return;
    }
    std::string allowed;
    for (const Route& route : routes()) {
        const auto code = match(route.path, request.path);
        if (!code) continue;
        if (route.method == request.method) {
            (this->*route.handler)(request, *code, reply);
            return;
        }
        allowed.append(allowed.empty() ? "" : ", ").append(route.method == "GET" ? "GET, HEAD" : route.method);
    }
    if (!allowed.empty()) {
        HttpResponse refused = problem_response({405, "wrong-method", "Wrong method", "This path wants " + allowed + "."});
        refused.headers.emplace_back("Allow", allowed);
        reply(std::move(refused));
        return;
    }
    if (request.method == "GET") {
        if (auto file = services_.files.find(request.path, request.takes_gzip)) {
            reply(std::move(*file));
            return;
        }
    }
    reply(problem_response({404, "no-such-page", "Nothing here", "There is nothing at this address."}));
}

void Router::health(const HttpRequest& /*request*/, const std::string& /*code*/, const HttpReply& reply) {
    reply(json_response(200, R"({"status":"ok"})"));
}

void Router::readiness(const HttpRequest& /*request*/, const std::string& /*code*/, const HttpReply& reply) {
    services_.store.check(
        [reply](bool answers) { reply(answers ? json_response(200, R"({"status":"ready"})") : problem_response(database_away())); });
}

void Router::metrics(const HttpRequest& /*request*/, const std::string& /*code*/, const HttpReply& reply) {
    reply(text_response(200, "text/plain; version=0.0.4", metrics_text(services_.metrics)));
}

// The address of this computer is told only to clients on the computer itself.
void Router::about(const HttpRequest& request, const std::string& /*code*/, const HttpReply& reply) {
    const std::string address = request.address.empty() && services_.open_to_network ? network_address() : std::string();
    reply(json_response(200, about_json(services_.ytdlp.status(), services_.transcoder.fences(), services_.transcoder.has_library(),
                                        address, name_of(services_.create), services_.registration)));
}

void Router::report(const HttpRequest& request, const std::string& /*code*/, const HttpReply& reply) {
    reply(page_reports_.take(request, ServerClock::now()));
}

}  // namespace musicspace::relay
