#pragma once
// Pictures of search results, which the server fetches from other sites for members. A page asks for them with <img>, which carries no
// token: so each address is sealed for one member of one room, and for a time. Requests for the same picture share one fetch, and it is
// kept for a while; so is the knowledge that a picture cannot be had. Owned by the Router; I/O thread; takes time as an argument.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "relay/auth/tokens.h"
#include "relay/clock.h"
#include "relay/problem.h"
#include "relay/work_shares.h"
#include "transcoder/transcoder.h"

namespace musicspace::relay {

/// The member that a picture's address is given to, and how long it is valid.
struct PictureRight {
    std::int64_t room_id = 0;
    std::int64_t member_id = 0;
    std::int64_t until = 0;  ///< seconds since 1970
};

/// When a right that is given now ends: in half an hour to an hour. It is the same for all rights given within half an hour, so that the
/// same picture has the same address and browsers keep it.
[[nodiscard]] std::int64_t picture_right_ends(std::int64_t now_unix);
[[nodiscard]] std::string picture_seal(const Tokens& tokens, const PictureRight& right, const std::string& url);
[[nodiscard]] bool may_see_picture(const Tokens& tokens, const PictureRight& right, const std::string& url, const std::string& seal,
                                   std::int64_t now_unix);

class Pictures {
public:
    using Picture = std::shared_ptr<const transcoder::Artwork>;
    using Found = std::variant<Picture, Problem>;
    using Done = std::function<void(const Found&)>;

    Pictures(transcoder::Transcoder& transcoder, WorkShares& shares) : transcoder_(transcoder), shares_(shares) {}

    /// Fetches a picture for a client at `address`. `done` is called once, now or later.
    void fetch(const std::string& url, const std::string& address, ServerTime now, Done done);

private:
    struct Entry {
        ServerTime asked_at;
        std::unique_ptr<transcoder::PendingWork> work;  ///< null when it is not being fetched
        std::vector<Done> waiting;
        Picture picture;  ///< null when the site has none
    };
    using Entries = std::map<std::string, Entry>;
    void answer(const std::string& url, std::optional<transcoder::Artwork> picture);
    void forget(ServerTime now);
    void drop(Entries::iterator entry);

    transcoder::Transcoder& transcoder_;
    WorkShares& shares_;
    Entries entries_;
    std::size_t bytes_ = 0;  ///< sum of all kept pictures
};

}  // namespace musicspace::relay
