#pragma once
// Typed queries on Postgres. Made and used on the I/O thread; queries run on threads of the Store's own, over two connections, and answer
// through `post` on the I/O thread.
// - Questions: somebody waits for the answer, and has it within two seconds, or that Postgres is away. What was done too late is undone.
// - The journal (record_..., link_room, remove_room): what happened, kept in memory and tried again while Postgres is away or slow. What
//   is kept, and what is dropped when that becomes too much, stands in journal.h.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace musicspace::db {

using Post = std::function<void(std::function<void()>)>;

enum class StoreError { unavailable, taken, no_such_room };

template <typename T>
using Answer = std::function<void(std::variant<T, StoreError>)>;

struct ChatLine {
    std::int64_t member_id = 0;
    std::string label;
    std::string line;
    std::int64_t said_at_ms = 0;  ///< since 1970
};

struct RoomRow {
    std::int64_t id = 0;
    std::string code;
    std::uint32_t epoch = 0;
    std::string status{};
    std::int64_t position_samples = 0;
    double position_age_seconds = 0;  ///< since the position was written
    std::string settings_json{};      ///< empty when there is none
    std::string queue_json{};
    std::vector<ChatLine> chat{};  ///< the last ones, oldest first
    // Of all members it ever had; 0: it has none.
    std::int64_t first_member = 0;
    std::int64_t last_member = 0;
};

struct NewRoom {
    std::string code;
    std::string member_name;
    std::int64_t account_id = 0;  ///< of the member; 0: a guest
    /// Its settings, of the member's id. Called on a thread of the Store's.
    std::function<std::string(std::int64_t member_id)> settings_json;
};

/// How long a room has been what it is.
struct LifeRow {
    bool used = false;
    std::int64_t kept_by = 0;
    std::int64_t empty_seconds = 0;
};

/// What the server has to know before it loads its rooms.
struct Beginning {
    std::unordered_map<std::int64_t, LifeRow> lives;  ///< by room
    std::vector<std::string> banned;                  ///< addresses
    std::size_t removed = 0;                          ///< rooms whose time was over
};

struct CreatedRoom {
    std::int64_t room_id = 0;
    std::int64_t member_id = 0;
};

struct NewMember {
    std::int64_t room_id = 0;
    std::string name;
    std::int64_t account_id = 0;   ///< 0: a guest
    std::int64_t in_place_of = 0;  ///< who the account was there, and is not to be any more; 0: nobody
};

struct RoomChange {
    std::int64_t room_id = 0;
    std::uint32_t epoch = 0;
    std::string status;
    std::string link;  ///< empty when nothing plays
    std::int64_t position_samples = 0;
    std::optional<std::string> settings_json{};  ///< where they have changed
    std::optional<std::string> queue_json{};
    bool used = false;         ///< something was played, queued or said in it
    std::int64_t kept_by = 0;  ///< the account that keeps it; 0: none
    bool empty = false;        ///< nobody is in it
};

struct RoomEvent {
    std::int64_t room_id = 0;
    std::optional<std::int64_t> member_id;
    std::string op;
    std::string arguments_json;
    std::string result;
    std::uint32_t epoch = 0;
};

struct Play {
    std::int64_t room_id = 0;
    std::int64_t member_id = 0;
    std::string link;
    std::string title;
    std::string artist;
    std::optional<std::int64_t> duration_ms;
};

struct Account {
    std::int64_t id = 0;
    std::string name;
    std::string password_hash;
    std::int64_t generation = 0;  ///< of its tokens: those of lower ones are void
};

/// Tokens that are void before their time.
struct Revocation {
    std::int64_t account_id = 0;
    std::int64_t session_id = 0;  ///< 0: of all sessions
    std::int64_t generation = 0;  ///< of all sessions: the lowest that is good
    std::int64_t revoked_at = 0;  ///< seconds since 1970
};
inline constexpr std::int64_t kNoGeneration = INT64_MAX;  ///< of an account that is deleted
inline constexpr std::size_t kMostEndedSessions = 100;    ///< of one account; with the next one, all its sessions end

/// A room that an account has been in, and is still there.
struct AccountRoom {
    std::int64_t room_id = 0;
    std::string code;
    std::int64_t member_id = 0;
};

/// What an account keeps of a track.
struct KeptTrack {
    std::string link;
    std::string title;
    std::string artist;
    std::optional<std::int64_t> duration_ms;
    std::int64_t at_ms = 0;  ///< since 1970
};

inline constexpr std::size_t kKept = 500;  ///< favourites, and tracks heard, of each account

/// A Play as it is remembered.
struct PastPlay {
    std::string link;
    std::string title;
    std::string artist;
    std::optional<std::int64_t> duration_ms;
    std::string member;  ///< the name of who asked for it
    std::int64_t started_at_ms = 0;
};

inline constexpr std::size_t kChatKept = 100;  ///< lines of each room

struct StoreOptions {
    std::string url;
    std::size_t question_limit = 500;  ///< that wait at once
};

/// Changes for the database: that wait to be written, and since the start.
struct JournalCounts {
    std::size_t waiting = 0;
    std::uint64_t dropped = 0;  ///< too many waited
    std::uint64_t refused = 0;  ///< Postgres would never take them
    std::uint64_t skipped = 0;  ///< events beyond what one room may write
};

class JournalLane;
class QuestionLane;

class Store {
public:
    Store(const StoreOptions& options, Post post);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// Nothing is answered any more. Writes out the journal for up to two seconds, and logs what stays unwritten.
    void end();
    /// Whether Postgres answers, within about a second. Who asks again within half a second gets the same answer.
    void check(std::function<void(bool)> answer);

    // member_store.cpp.
    /// A room_id of 0: there is no such account.
    void create_room(NewRoom room, Answer<CreatedRoom> answer);
    /// The id of a new member, or the one that the account has there already (joining twice at once makes one member); 0: there is no
    /// such account.
    void add_member(NewMember member, Answer<std::int64_t> answer);
    /// The name of whoever was a member of the room at any time; empty: nobody.
    void find_member(std::int64_t room_id, std::int64_t member_id, Answer<std::string> answer);
    /// Who the account is in the room; 0: nobody.
    void find_membership(std::int64_t account_id, std::int64_t room_id, Answer<std::int64_t> answer);

    /// Tries for half a minute. Rows that cannot be read are left out, and logged; Postgres keeps them.
    void load_rooms(Answer<std::vector<RoomRow>> answer);

    // life_store.cpp
    /// Once at the start, before load_rooms(): removes the rooms whose time was over, and tells of the others.
    void begin(std::int64_t used_grace_seconds, std::int64_t unused_grace_seconds, Answer<Beginning> answer);
    void save_ban(const std::string& address, Answer<bool> answer);
    void remove_ban(const std::string& address, Answer<bool> answer);

    /// What was played in a room, the newest first. What was recorded just before is in it.
    void load_plays(std::int64_t room_id, std::size_t most, Answer<std::vector<PastPlay>> answer);

    // account_store.cpp. `key`: the name without upper case, unique among accounts.
    void create_account(const std::string& name, const std::string& key, const std::string& password_hash, Answer<std::int64_t> answer);
    /// An id of 0: there is none.
    void find_account(const std::string& key, Answer<Account> answer);
    void find_account(std::int64_t id, Answer<Account> answer);
    // revocation_store.cpp.
    /// The account's next generation, from which on its tokens are good; 0: there is no such account.
    void set_password(std::int64_t account_id, const std::string& password_hash, Answer<std::int64_t> answer);
    void end_tokens(std::int64_t account_id, Answer<std::int64_t> answer);
    /// 0, or the account's next generation when it has ended too many sessions to note one more.
    void end_session(std::int64_t account_id, std::int64_t session_id, Answer<std::int64_t> answer);
    void delete_account(std::int64_t account_id, Answer<bool> answer);
    /// Those of the last `age`; older ones are deleted. Tries for half a minute.
    void load_revocations(std::chrono::seconds age, Answer<std::vector<Revocation>> answer);
    // account_store.cpp.
    /// The last joined first.
    void load_account_rooms(std::int64_t account_id, Answer<std::vector<AccountRoom>> answer);
    /// Beyond kKept nothing is added: false.
    void add_favourite(std::int64_t account_id, KeptTrack track, Answer<bool> answer);
    void remove_favourite(std::int64_t account_id, const std::string& link, Answer<bool> answer);
    void load_favourites(std::int64_t account_id, Answer<std::vector<KeptTrack>> answer);
    /// What was recorded just before is in it.
    void load_heard(std::int64_t account_id, Answer<std::vector<KeptTrack>> answer);
    void record_heard(std::int64_t room_id, const std::set<std::int64_t>& accounts, KeptTrack track);

    void record_change(RoomChange change);
    void record_event(RoomEvent event);
    void record_play(Play play);
    void record_chat(std::int64_t room_id, ChatLine line);
    void record_departure(std::int64_t room_id, std::int64_t member_id);
    void remove_room(std::int64_t room_id);

    [[nodiscard]] JournalCounts journal() const;

private:
    std::unique_ptr<JournalLane> journal_;
    std::unique_ptr<QuestionLane> questions_;
    const Post post_;
    // Whether Postgres answers: who waits to be told, and what was last.
    std::vector<std::function<void(bool)>> checks_;
    bool answers_ = false;
    std::optional<std::chrono::steady_clock::time_point> checked_at_;
};

}  // namespace musicspace::db
