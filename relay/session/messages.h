#pragma once
// The protocol's messages, JSON and binary, to and from values. Parsing never throws: what is wrong comes back as a Problem.
// docs/protocol.md is the description.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "db/store.h"
#include "relay/broadcast/outbox.h"
#include "relay/problem.h"
#include "relay/room/commands.h"
#include "relay/room/sync_report.h"
#include "transcoder/library.h"
#include "transcoder/listing.h"
#include "transcoder/ytdlp_keeper.h"

namespace musicspace::transcoder {
struct Fences;
}

namespace musicspace::relay {

struct Hello {
    std::string code;
    std::string token;
    std::optional<transcoder::Tier> tier;  ///< wished; nothing: auto
    bool save_data = false;                ///< the browser is asked to save data
    std::optional<double> downlink_kbps;   ///< what it thinks the line carries
};

struct CommandMessage {
    std::int64_t id = 0;  ///< chosen by the client; the answer carries it
    std::optional<std::uint32_t> epoch;
    Command command;
};

/// Which bit rate this connection wants; nothing: the best.
struct TierMessage {
    std::optional<transcoder::Tier> tier;
};

struct BadMessage {
    std::optional<std::int64_t> id;  ///< of the command that could not be understood, if it had one
    Problem problem;
};

using ClientMessage = std::variant<Hello, CommandMessage, TierMessage, SyncReport, BadMessage>;

[[nodiscard]] ClientMessage parse_client_message(std::string_view text);

/// The body of POST /api/rooms/{code}/commands.
[[nodiscard]] std::variant<CommandMessage, Problem> parse_command_body(std::string_view text);

struct NewMember {
    std::string name;      ///< checked
    std::string password;  ///< of the room, as it was typed; may be empty
};

/// `{"name": N, "password": P}`
[[nodiscard]] std::variant<NewMember, Problem> parse_new_member(std::string_view text);

[[nodiscard]] std::string welcome_json(MemberId member, const std::string& name, ServerTime now);
[[nodiscard]] std::string result_json(std::int64_t id, const std::optional<Problem>& problem);
[[nodiscard]] std::string error_json(const std::optional<std::int64_t>& id, const Problem& problem);
[[nodiscard]] std::string about_json(const transcoder::YtdlpStatus& ytdlp, const transcoder::Fences& fences, bool library,
                                     const std::string& address, std::string_view create, bool registration);
[[nodiscard]] std::string library_json(const std::string& folder, const transcoder::LibraryListing& listing);
[[nodiscard]] std::string history_json(const std::vector<db::PastPlay>& plays);
/// `picture`: the path on this server of a picture at an address elsewhere.
[[nodiscard]] std::string found_json(const transcoder::Listing& listing, const std::function<std::string(const std::string&)>& picture);
[[nodiscard]] std::string joined_json(const std::string& code, const std::string& token, MemberId member, const std::string& name);

/// A client's time question: kind 2 and its own stamp. Nothing when the bytes are something else.
[[nodiscard]] std::optional<std::int64_t> parse_time_question(std::span<const std::uint8_t> bytes);

}  // namespace musicspace::relay
