#pragma once
// The calls for the person who runs the server: see and close rooms, ban addresses, help people into their accounts. The same calls come
// over HTTP with the operator's key, and over a socket in the data folder without one. Owned by the Router; I/O thread.

#include <string>
#include <vector>

#include "db/store.h"
#include "relay/address_bans.h"
#include "relay/http/accounts.h"
#include "relay/http/messages.h"
#include "relay/rate_limit.h"
#include "relay/room/room_directory.h"

namespace musicspace::relay {

class Admin {
public:
    struct Services {
        RoomDirectory& directory;
        db::Store& store;
        AddressBans& bans;
        Accounts& accounts;
    };

    Admin(Services services, std::string key) : services_(services), key_(std::move(key)) {}

    /// Handles a request under /api/admin/ from the network, which has to carry the key.
    void handle(const HttpRequest& request, const HttpReply& reply);
    /// Handles one that came over the socket in the data folder, and needs no key.
    void obey(const HttpRequest& request, const HttpReply& reply);

private:
    using Handler = void (Admin::*)(const HttpRequest&, const std::string& part, const HttpReply&);
    struct Route;
    static const std::vector<Route>& routes();

    void list_rooms(const HttpRequest& request, const std::string& part, const HttpReply& reply);
    void close_room(const HttpRequest& request, const std::string& code, const HttpReply& reply);
    void list_bans(const HttpRequest& request, const std::string& part, const HttpReply& reply);
    void ban(const HttpRequest& request, const std::string& typed, const HttpReply& reply);
    void unban(const HttpRequest& request, const std::string& typed, const HttpReply& reply);
    void create_account(const HttpRequest& request, const std::string& part, const HttpReply& reply);
    void reset_account(const HttpRequest& request, const std::string& name, const HttpReply& reply);

    const Services services_;
    const std::string key_;
    RateLimit<std::string> wrong_keys_{10, std::chrono::minutes(1)};
};

}  // namespace musicspace::relay
