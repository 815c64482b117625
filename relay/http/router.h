#pragma once
// Maps paths to their handlers: the REST calls, health, metrics, the page. I/O thread. Knows no sockets.

#include <string>
#include <vector>

#include "relay/address_budgets.h"
#include "relay/admission.h"
#include "relay/auth/passwords.h"
#include "relay/auth/tokens.h"
#include "relay/create_policy.h"
#include "relay/http/accounts.h"
#include "relay/http/admin.h"
#include "relay/http/messages.h"
#include "relay/http/page_reports.h"
#include "relay/http/pictures.h"
#include "relay/http/search.h"
#include "relay/http/static_files.h"
#include "relay/room/room_directory.h"
#include "transcoder/ytdlp_keeper.h"

namespace musicspace::relay {

class Router {
public:
    struct Services {
        RoomDirectory& directory;
        db::Store& store;
        const Tokens& tokens;
        Metrics& metrics;
        Admission& admission;
        AddressBudgets& budgets;
        WorkShares& shares;
        const StaticFiles& files;
        const transcoder::YtdlpKeeper& ytdlp;
        transcoder::Transcoder& transcoder;
        Passwords& passwords;
        Revocations& revocations;
        bool open_to_network;  ///< it listens on more than the loopback address
        CreatePolicy create = CreatePolicy::anyone;
        bool registration = true;  ///< people may make accounts themselves
        std::string create_key{};  ///< for CreatePolicy::key
        std::string admin_key{};
    };

    explicit Router(Services services)
        : services_(services),
          search_(services.transcoder, services.budgets, services.shares),
          pictures_(services.transcoder, services.shares),
          accounts_({services.store, services.tokens, services.passwords, services.revocations, services.directory}),
          admin_({services.directory, services.store, services.budgets.bans(), accounts_}, services.admin_key) {}

    /// `reply` is called once, now or later (a play command is answered when its link has opened).
    void handle(const HttpRequest& request, const HttpReply& reply);
    /// The operator's calls, for the operator's socket.
    [[nodiscard]] Admin& admin() { return admin_; }

    /// How many bytes the body of a request may have, judged by its head: members may send whole playlists.
    [[nodiscard]] std::size_t body_limit(const HttpRequest& request) const;

private:
    using Handler = void (Router::*)(const HttpRequest&, const std::string& code, const HttpReply&);
    struct Route;
    static const std::vector<Route>& routes();
    void route(const HttpRequest& request, const HttpReply& reply);

    void health(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void readiness(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void metrics(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void about(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void report(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void create_account(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    /// The reason why this client may not create rooms here; nothing when it may.
    [[nodiscard]] std::optional<Problem> refuse_creation(const HttpRequest& request, const AccountSession& signed_in);
    void create_room(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void show_room(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void add_member(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void show_members(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void show_artwork(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void browse_library(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void show_history(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void search(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void show_picture(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void command(const HttpRequest& request, const std::string& code, const HttpReply& reply);

    // router_access.cpp
    /// Answers with a problem, and returns null, when the code leads to no room; such codes are counted.
    [[nodiscard]] std::shared_ptr<Room> room_or_reply(const HttpRequest& request, const std::string& code, const HttpReply& reply) const;
    /// Answers with a problem, and returns nothing, unless the request's token counts and its member was not sent away.
    [[nodiscard]] std::optional<Claims> member_or_reply(const HttpRequest& request, Room& room, const HttpReply& reply) const;
    [[nodiscard]] bool may_look(const HttpRequest& request, Room& room, const HttpReply& reply) const;
    [[nodiscard]] bool is_member(const HttpRequest& request, const Room& room) const;

    // router_members.cpp
    struct Joining {
        std::string name;      ///< checked
        std::string password;  ///< as it was typed; may be empty
        std::string address;
        AccountSession signed_in;
    };
    [[nodiscard]] std::optional<Joining> joining_or_reply(const HttpRequest& request, const HttpReply& reply) const;
    void open_room(const Joining& joining, const std::string& password_hash, const HttpReply& reply);
    /// How long to wait before the next try of a room's password; zero: this try is allowed, and has been counted.
    [[nodiscard]] AddressBudgets::Wait take_password_try(const std::string& address, const std::string& code);
    void let_in(const std::shared_ptr<Room>& room, const Joining& joining, const HttpReply& reply);
    /// Adds a member, and replies with its token. `in_place_of`: the account's former member, which the new one replaces; 0: none.
    void admit(const std::shared_ptr<Room>& room, const Joining& joining, MemberId in_place_of, const HttpReply& reply);
    [[nodiscard]] HttpResponse joined(Room& room, MemberId member, const Joining& joining) const;

    template <void (Accounts::*Call)(const HttpRequest&, const HttpReply&)>
    void account(const HttpRequest& request, const std::string& /*code*/, const HttpReply& reply) {
        (accounts_.*Call)(request, reply);
    }

    const Services services_;
    Search search_;
    Pictures pictures_;
    PageReports page_reports_;
    Accounts accounts_;
    Admin admin_;
    RateLimit<std::string> key_rate_{10, std::chrono::minutes(1)};
    RateLimit<std::string> password_rate_{10, std::chrono::minutes(1)};          ///< tries of one address at one room
    RateLimit<std::string> password_address_rate_{30, std::chrono::minutes(1)};  ///< tries of one address at all rooms
};

}  // namespace musicspace::relay
