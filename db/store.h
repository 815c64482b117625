#pragma once
// Typed queries on Postgres. Made and used on the I/O thread; queries run on threads of the Store's own, over two connections, and answer
// through `post` on the I/O thread.
// - A question is a call with an Answer. Somebody waits for it, and has it, or StoreError::unavailable, within two seconds. Work that is
//   committed later than that is undone.
// - The journal (record_..., remove_room) takes what has happened. It keeps that in memory, and tries again while Postgres is away or slow.
//   journal.h says what is kept, and what is dropped when that becomes too much.

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

/// Runs a function on the I/O thread, later; may be called on any thread.
using Post = std::function<void(std::function<void()>)>;

/// unavailable: Postgres is away or too slow, or the statement failed. taken: the code or name is in use.
/// no_such_room: the room that the new row belongs to does not exist.
enum class StoreError { unavailable, taken, no_such_room };

/// Called once, on the I/O thread, with the result or the error; not at all once the Store has ended.
template <typename T>
using Answer = std::function<void(std::variant<T, StoreError>)>;

struct ChatLine {
    std::int64_t member_id = 0;
    std::string label;
    std::string line;
    std::int64_t said_at_ms = 0;  ///< milliseconds since 1970
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
    // The lowest and the highest id of its members, whether they are still there or not; 0: it has none.
    std::int64_t first_member = 0;
    std::int64_t last_member = 0;
};

struct NewRoom {
    std::string code;
    std::string member_name;
    std::int64_t account_id = 0;  ///< the member's; 0: a guest
    /// Makes the room's settings, as JSON, from the id of its first member. Called on a thread of the Store's.
    std::function<std::string(std::int64_t member_id)> settings_json;
};

/// A room's row, as far as it tells when the room is to be deleted.
struct LifeRow {
    bool used = false;               ///< something was played, queued or said in it
    std::int64_t kept_by = 0;        ///< the account that keeps it; 0: none
    std::int64_t empty_seconds = 0;  ///< time since nobody has been in it
};

/// What the server has to know before it loads its rooms.
struct Beginning {
    std::unordered_map<std::int64_t, LifeRow> lives;  ///< by room
    std::vector<std::string> banned;                  ///< addresses
    std::size_t removed = 0;                          ///< how many rooms were removed because their time was over
};

struct CreatedRoom {
    std::int64_t room_id = 0;
    std::int64_t member_id = 0;
};

struct NewMember {
    std::int64_t room_id = 0;
    std::string name;
    std::int64_t account_id = 0;   ///< 0: a guest
    std::int64_t in_place_of = 0;  ///< the account's member there, if it is to have a new one; else 0
};

struct RoomChange {
    std::int64_t room_id = 0;
    std::uint32_t epoch = 0;
    std::string status;
    std::string link;  ///< empty when nothing plays
    std::int64_t position_samples = 0;
    std::optional<std::string> settings_json{};  ///< nothing when they have not changed
    std::optional<std::string> queue_json{};     ///< likewise
    bool used = false;                           ///< something was played, queued or said in it
    std::int64_t kept_by = 0;                    ///< the account that keeps it; 0: none
    bool empty = false;                          ///< nobody is in it
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
    std::int64_t generation = 0;  ///< tokens of lower generations are void
};

/// Tokens that are void before their time.
struct Revocation {
    std::int64_t account_id = 0;
    std::int64_t session_id = 0;  ///< 0: all sessions of the account
    std::int64_t generation = 0;  ///< where all sessions are meant: the lowest whose tokens are good
    std::int64_t revoked_at = 0;  ///< seconds since 1970
};
inline constexpr std::int64_t kNoGeneration = INT64_MAX;  ///< no token is good: the account was deleted
inline constexpr std::size_t kMostEndedSessions = 100;    ///< sessions of one account; ending one more ends all of them

/// A room that an account has been in, and that still exists.
struct AccountRoom {
    std::int64_t room_id = 0;
    std::string code;
    std::int64_t member_id = 0;
};

/// A track in the list of an account: one of its favourites, or one that it has heard.
struct KeptTrack {
    std::string link;
    std::string title;
    std::string artist;
    std::optional<std::int64_t> duration_ms;
    std::int64_t at_ms = 0;  ///< when it was added or heard, in milliseconds since 1970
};

inline constexpr std::size_t kKept = 500;  ///< most favourites, and most tracks heard, of each account

/// A Play that was recorded earlier.
struct PastPlay {
    std::string link;
    std::string title;
    std::string artist;
    std::optional<std::int64_t> duration_ms;
    std::string member;  ///< name of the member who asked for it; empty when that is not known
    std::int64_t started_at_ms = 0;
};

inline constexpr std::size_t kChatKept = 100;  ///< newest lines of each room

struct StoreOptions {
    std::string url;
    std::size_t question_limit = 500;  ///< how many questions may wait at once
};

/// Numbers of journal entries: how many wait now, and how many were lost since the start.
struct JournalCounts {
    std::size_t waiting = 0;
    std::uint64_t dropped = 0;  ///< because too many waited
    std::uint64_t refused = 0;  ///< because Postgres would never take them
    std::uint64_t skipped = 0;  ///< events beyond their rooms' limits
};

class JournalLane;
class QuestionLane;

class Store {
public:
    Store(const StoreOptions& options, Post post);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// After this nothing is answered. Writes out the journal for up to two seconds, and logs how much stays unwritten.
    void end();
    /// Reports, within about a second, whether Postgres answers. Calls within the next half second get the same answer.
    void check(std::function<void(bool)> answer);

    // member_store.cpp.
    /// Makes a room and its first member. A room_id of 0: there is no such account. StoreError::taken: the code is in use.
    void create_room(NewRoom room, Answer<CreatedRoom> answer);
    /// Answers with the id of a new member, or of the account's member in that room if it has one (joining twice at once makes one member).
    /// 0: there is no such account.
    void add_member(NewMember member, Answer<std::int64_t> answer);
    /// Answers with the name of a member, who may have left since; empty: the room has had no such member.
    void find_member(std::int64_t room_id, std::int64_t member_id, Answer<std::string> answer);
    /// Answers with the id of the account's member in the room; 0: it has none.
    void find_membership(std::int64_t account_id, std::int64_t room_id, Answer<std::int64_t> answer);

    /// Loads all rooms, with their chat. Tries for half a minute. Rows that cannot be read are left out, and logged; Postgres keeps them.
    void load_rooms(Answer<std::vector<RoomRow>> answer);

    // life_store.cpp
    /// To be called once at the start, before load_rooms(). Removes the rooms that no account keeps and that have been empty for longer
    /// than their grace (one for rooms that were used, one for others), and answers with what is known of the rest.
    void begin(std::int64_t used_grace_seconds, std::int64_t unused_grace_seconds, Answer<Beginning> answer);
    void save_ban(const std::string& address, Answer<bool> answer);
    /// Answers with false when the address was not banned.
    void remove_ban(const std::string& address, Answer<bool> answer);

    /// Answers with the last `most` plays of a room, the newest first. Plays recorded before this call are among them, unless it takes more
    /// than 300 ms to write those.
    void load_plays(std::int64_t room_id, std::size_t most, Answer<std::vector<PastPlay>> answer);

    // account_store.cpp. `key`: the name without upper case, unique among accounts.
    /// Answers with the new account's id. StoreError::taken: another account has this key.
    void create_account(const std::string& name, const std::string& key, const std::string& password_hash, Answer<std::int64_t> answer);
    /// The answer's id is 0 when there is no such account.
    void find_account(const std::string& key, Answer<Account> answer);
    void find_account(std::int64_t id, Answer<Account> answer);
    // revocation_store.cpp.
    /// These two end all tokens of the account, and answer with its next generation, whose tokens are good. 0: there is no such account.
    void set_password(std::int64_t account_id, const std::string& password_hash, Answer<std::int64_t> answer);
    void end_tokens(std::int64_t account_id, Answer<std::int64_t> answer);
    /// Ends one session and answers with 0. When the account has too many ended sessions to note one more, ends them all as end_tokens()
    /// does, and answers with the next generation.
    void end_session(std::int64_t account_id, std::int64_t session_id, Answer<std::int64_t> answer);
    /// Also ends all its tokens. Answers with false when there was no such account.
    void delete_account(std::int64_t account_id, Answer<bool> answer);
    /// Answers with the revocations of the last `age`, and deletes the older ones. Tries for half a minute.
    void load_revocations(std::chrono::seconds age, Answer<std::vector<Revocation>> answer);
    // account_store.cpp.
    /// Answers with 50 rooms at most, the last joined first.
    void load_account_rooms(std::int64_t account_id, Answer<std::vector<AccountRoom>> answer);
    /// Answers with false when the account has kKept favourites already, and this is none of them.
    void add_favourite(std::int64_t account_id, KeptTrack track, Answer<bool> answer);
    /// Answers with false when the link was no favourite.
    void remove_favourite(std::int64_t account_id, const std::string& link, Answer<bool> answer);
    void load_favourites(std::int64_t account_id, Answer<std::vector<KeptTrack>> answer);
    /// Answers with the last kKept tracks that the account has heard, the newest first; of those recorded before this call, see
    /// load_plays().
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
    // Calls of check() that wait, and the last answer.
    std::vector<std::function<void(bool)>> checks_;
    bool answers_ = false;
    std::optional<std::chrono::steady_clock::time_point> checked_at_;
};

}  // namespace musicspace::db
