#pragma once
// Pictures of what a search has found, fetched for members from other sites. A page asks for them with <img>, which carries no token: so
// the address is sealed, for one member of one room and for a time. Each picture is fetched once at a time and kept for a while; one that
// is not to be had is not asked for again at once. Owned by the Router; I/O thread; takes time as an argument.

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

/// For whom an address is given out.
struct PictureRight {
    std::int64_t room_id = 0;
    std::int64_t member_id = 0;
    std::int64_t until = 0;  ///< seconds since 1970
};

/// An hour at most, half an hour at least: the same picture has the same address for a while, so that browsers keep it.
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

    /// For somebody at `address`; `done` is called once, now or later.
    void fetch(const std::string& url, const std::string& address, ServerTime now, Done done);

private:
    struct Entry {
        ServerTime asked_at;
        std::unique_ptr<transcoder::PendingWork> work;  ///< there: it is being fetched
        std::vector<Done> waiting;
        Picture picture;  ///< null: there is none
    };
    using Entries = std::map<std::string, Entry>;
    void answer(const std::string& url, std::optional<transcoder::Artwork> picture);
    void forget(ServerTime now);
    void drop(Entries::iterator entry);

    transcoder::Transcoder& transcoder_;
    WorkShares& shares_;
    Entries entries_;
    std::size_t bytes_ = 0;  ///< of the pictures that are kept
};

}  // namespace musicspace::relay
