#pragma once
// A living room: its RoomState, the stream that feeds it, and its listeners. Owned by the RoomDirectory; everything happens on
// the I/O thread. Decides nothing itself: apply() and observe() decide, the Room carries out their effects.
// Invariants: the Broadcaster runs exactly while the status is playing; each accepted or refused command is journalled and
// answered once.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "db/store.h"
#include "relay/address_budgets.h"
#include "relay/auth/account_session.h"
#include "relay/auth/passwords.h"
#include "relay/auth/revocations.h"
#include "relay/broadcast/broadcaster.h"
#include "relay/broadcast/outbox.h"
#include "relay/broadcast/packet_log.h"
#include "relay/broadcast/send_schedule.h"
#include "relay/broadcast/tier_policy.h"
#include "relay/fair_tracks.h"
#include "relay/metrics.h"
#include "relay/problem.h"
#include "relay/rate_limit.h"
#include "relay/room/admitted.h"
#include "relay/room/apply.h"
#include "relay/room/room_life.h"
#include "relay/room/roster.h"
#include "relay/room/sync_report.h"
#include "relay/room/talk_batch.h"
#include "transcoder/track_service.h"

namespace musicspace::relay {

/// One connection in a room. Owned by its session, which must leave() before it goes.
struct alignas(64) Listener : Scheduled {
    // The Room's business, in the order of use: a visit touches what stands first.
    Outbox* outbox = nullptr;  ///< the session's
    Cursor cursor;
    std::chrono::milliseconds phase{0};  ///< of its own, ahead of the lead: not everybody is sent to at once
    std::optional<Tier> wish;            ///< nothing: what the line carries; the session's
    bool waits_for_line = false;
    bool odd = false;  ///< where its pairs of Frames begin
    TierPolicy policy;
    Cursor next_cursor;  ///< in the upcoming track
    ServerTime waits_since;
    std::vector<TimeAnswer> held_times;  ///< until the line is empty
    std::uint32_t told = 0;              ///< the last state it was sent, counted from 1
    std::size_t counted = kUncounted;    ///< where its wish is counted
    std::optional<SyncReport> sync;      ///< what it told last, and when
    ServerTime sync_at;
    static constexpr std::size_t kUncounted = SIZE_MAX;

    // The session's.
    MemberId member = 0;
    std::string name;
    AccountSession signed_in;                                                ///< its token was issued under
    std::string address;                                                     ///< whom it comes from; empty: this machine
    std::function<void(std::uint16_t code, const std::string& reason)> end;  ///< closes the connection, with a code of the protocol's
    ServerTime heard_at;                                                     ///< when something came from it last, a pong at least
};

/// How often the position of what plays is saved.
inline constexpr std::chrono::seconds kPlaceSaved{5};

struct RoomLimits {
    unsigned links_per_minute = 30;  ///< of each member; 0: any number
    unsigned listeners = 10'000;     ///< at once; 0: any number
};

/// Who opened a room, and what was set with that.
struct Founding {
    MemberId host = 0;
    std::string password_hash{};  ///< empty: none
};

/// The settings of a room that has just been opened.
[[nodiscard]] Settings founding_settings(const Founding& founding);

struct RoomServices {
    transcoder::TrackService& transcoder;
    db::Store& store;
    Metrics& metrics;
    Passwords& passwords;
    std::function<void(ServerTime)> tick_by;  ///< a room has something to do then
    RoomLimits limits{};
    AddressBudgets& budgets;
    WorkShares& shares;
    LifePolicy life{};
    std::function<bool(std::int64_t account)> may_keep{};  ///< one more room
    std::function<ServerTime()> clock = &ServerClock::now;
};

class Room : public std::enable_shared_from_this<Room> {
public:
    /// Called once: nothing when the command took effect, else why not.
    using Reply = std::function<void(const std::optional<Problem>&)>;

    /// Without a founding: a room of an earlier run, which goes on as it was saved.
    /// `created_from`: the address it was created from, if that is known. `life`: of an earlier run.
    Room(const db::RoomRow& row, const std::optional<Founding>& founding, const RoomServices& services, ServerTime now,
         std::string created_from = {}, const RoomLife& life = {});
    ~Room();

    [[nodiscard]] std::int64_t id() const { return id_; }
    [[nodiscard]] const std::string& code() const { return code_; }
    [[nodiscard]] const RoomState& state() const { return state_; }
    [[nodiscard]] const Roster& roster() const { return roster_; }
    [[nodiscard]] const Admitted& admitted() const { return admitted_; }
    /// Its state and its queue, whole.
    [[nodiscard]] std::string json(ServerTime now);
    /// About how long that is, without writing it out.
    [[nodiscard]] std::size_t json_bytes() const;
    /// The playing track's picture; empty when it has none.
    [[nodiscard]] const std::shared_ptr<const transcoder::Artwork>& artwork() const { return artwork_; }
    /// No more listeners.
    [[nodiscard]] bool full() const { return services_.limits.listeners != 0 && listeners_.size() >= services_.limits.listeners; }
    [[nodiscard]] const RoomLife& life() const { return life_; }
    [[nodiscard]] const std::string& created_from() const { return created_from_; }
    /// It is about to be removed: nobody finds it any more.
    [[nodiscard]] bool closed() const { return closed_for_.has_value(); }
    void close(const std::string& reason);
    /// The account is no more.
    void forget_account(std::int64_t account);
    /// Ends all connections from `address`.
    void expel_address(const std::string& address);

    void handle(CommandRequest request, ServerTime now, Reply reply);
    /// A member was heard from, over whatever.
    void note_member(MemberId member, const std::string& name, const std::string& address) { admitted_.note(member, name, address); }
    /// Ends the connections of those whose sign-in has ended.
    void end_sessions(const Revocations& revocations);
    void join(Listener& listener, ServerTime now);
    void leave(Listener& listener, ServerTime now);
    /// After a listener's wish has changed.
    void follow_wish(Listener& listener, ServerTime now);
    /// The listener's line has taken all that was offered.
    void on_drained(Listener& listener, ServerTime now);
    /// What a listener tells of its sync; everybody is told of it now and then.
    void take_report(Listener& listener, const SyncReport& report, ServerTime now);
    /// At once, or on a weak line when it is empty.
    void answer_time(Listener& listener, const TimeAnswer& answer, ServerTime now);
    /// Does what is due; call it at tick_due().
    void tick(ServerTime now);
    /// When it wants the next tick; what happens to it meanwhile may bring that forward (RoomServices::tick_by).
    [[nodiscard]] ServerTime tick_due() const { return tick_due_; }
    /// Tells everybody that the room is no more.
    void remove();

private:
    // The track that plays, the one that is to replace it, or the one that is to follow it.
    struct Stream {
        transcoder::Track track;
        std::shared_ptr<const transcoder::Media> media;
        std::unique_ptr<transcoder::Pipeline> pipeline;
        TierLogs logs;
        std::unique_ptr<transcoder::PendingWork> loudness;  ///< being measured
        std::optional<double> gain_db;                      ///< as far as it has been
        SpeedPercent speed = kNormalSpeed;                  ///< of what is in the logs
        bool passes_through = false;                        ///< the top tier is the source's own
        transcoder::WantedTiers wanted;                     ///< what the pipeline was told to make
        std::uint64_t number = 0;                           ///< tells one track's stream from another's
        std::uint64_t generation = 0;                       ///< tells a pipeline's events from its predecessor's
        std::string failure;                                ///< why it broke off, if it did
    };
    // A link on its way to a Stream.
    struct Opening {
        ItemId id = 0;
        MediaTime from;  ///< where it will start
        Reply reply;
        std::unique_ptr<transcoder::PendingWork> resolve;
        std::optional<Stream> stream;
    };

    // room.cpp
    enum class Telling { at_once, soon };  ///< of the new state
    void obey(CommandRequest request, ServerTime now, Reply reply);
    void tick_now(ServerTime now);
    /// Does `work`. What it throws ends what was being opened, and not the room, and never the server.
    template <typename Work>
    void guarded(const Work& work) {
        try {
            work();
        } catch (const std::exception& error) {
            on_failure(error.what());
        }
    }
    void on_failure(const std::string& what) noexcept;
    void drop_what_failed(ServerTime now);
    void take(Applied applied, ServerTime now, Telling telling = Telling::at_once);
    bool observe_now(const Observation& observation, ServerTime now, Telling telling = Telling::at_once);
    void tick_soon();
    [[nodiscard]] ServerTime next_tick(ServerTime now) const;
    void announce(ServerTime now);
    void tell_state(Listener& listener, const WirePtr& message);
    void note_roster(bool listed);
    void announce_roster(ServerTime now);
    void announce_sync(ServerTime now);
    [[nodiscard]] WirePtr state_message(ServerTime now);
    void announce_queue(ServerTime now);
    [[nodiscard]] const WirePtr& queue_message();
    [[nodiscard]] const std::string& queue_items();
    void send_due_replies();
    void journal(const CommandRequest& request, const std::optional<Problem>& problem);
    void follow_timeline(ServerTime now);

    // room_stream.cpp: carrying out effects on the stream
    void carry_out(const ResolveLink& effect, ServerTime now);
    void carry_out(const ListLink& effect, ServerTime now);
    void carry_out(const CancelPending& effect, ServerTime now);
    void carry_out(const AdoptPendingStream& effect, ServerTime now);
    void carry_out(const PrepareStream& effect, ServerTime now);
    void carry_out(const DropStream& effect, ServerTime now);
    void carry_out(const RecordPlay& effect, ServerTime now);
    /// False when too many are being opened.
    bool open_link(Opening& opening, ItemId id, const std::string& link, MediaTime from);
    void on_resolved(ItemId id, transcoder::TrackService::Resolved resolved);
    void open_pipeline(Stream& stream, MediaTime position);
    [[nodiscard]] transcoder::PipelineEvents events_of(std::uint64_t generation);
    void break_off(Stream& stream, const transcoder::TranscodeError& error, MediaTime position);
    void fetch_artwork();
    void on_trouble(std::uint64_t stream_number, const std::string& what);
    void on_loudness(std::uint64_t stream_number, const transcoder::Loudness& loudness);
    void refuse(ItemId id, const transcoder::TranscodeError& error);
    void settle_pending(const std::optional<Problem>& problem);
    Opening* opening_of(ItemId id);
    Stream* stream_of(std::uint64_t generation);
    void on_opened(std::uint64_t generation, const transcoder::StreamInfo& info);
    void on_stream_progress(Stream& stream);
    void start_when_ready(ServerTime now);
    void watch_stream(ServerTime now);

    // room_listing.cpp: what links in the queue are
    void list_waiting();
    void on_listed(ItemId item, transcoder::TrackService::ListedOrError listed);

    // room_people.cpp: who is here, and what they say
    void carry_out(const Expel& effect, ServerTime now);
    void carry_out(const TellChat& effect, ServerTime now);
    void carry_out(const TellReaction& effect, ServerTime now);
    void carry_out(const CloseRoom& effect, ServerTime now);
    void know_more(CommandRequest& request) const;
    [[nodiscard]] std::optional<MemberId> absent_dj() const;
    [[nodiscard]] bool ask_first(CommandRequest& request, ServerTime now, Reply& reply);
    void hash_password(CommandRequest request, Reply reply);
    void look_up_target(CommandRequest request, Reply reply);
    void refuse(const CommandRequest& request, const Rejection& rejection, const Reply& reply);
    [[nodiscard]] std::optional<Problem> refuse_haste(const CommandRequest& request, ServerTime now);
    void watch_host(ServerTime now);
    void say_to_all(const WirePtr& message);
    void send_talk(ServerTime now);

    // room_living.cpp: whose share of the workers is used
    [[nodiscard]] const std::string& payer() const;

    // room_saving.cpp: what outlives the server
    void save(const RoomState& before, ServerTime now);
    void save_place(ServerTime now);

    // room_living.cpp: how long it lives
    void note_use(ServerTime now);
    void note_activity(ServerTime now);
    void note_empty(bool empty, ServerTime now);
    void suspend_if_alone(ServerTime now);

    // room_next.cpp: what comes after it
    void carry_out(const AdoptNextStream& effect, ServerTime now);
    [[nodiscard]] std::optional<ServerTime> end_due() const;
    void watch_next(ServerTime now);
    void follow_upcoming(ServerTime now);

    // room_tiers.cpp: who gets what
    [[nodiscard]] transcoder::WantedTiers wanted_tiers() const;
    [[nodiscard]] static TierSet tiers_of(const Stream& stream);
    [[nodiscard]] bool wanted_cover(const Stream& stream, MediaTime from, MediaDuration length) const;
    void count_wish(Listener& listener, std::size_t place, ServerTime now);
    void follow_wishes(std::optional<MediaTime> from, std::optional<MediaTime> next_from);
    [[nodiscard]] Tier best() const;

    // room_sending.cpp: what leaves when
    struct Course;
    [[nodiscard]] Course course_of(Listener& listener, ServerTime now);
    [[nodiscard]] LineReading read_line(Listener& listener, ServerTime now);
    void serve(Listener& listener, ServerTime now);
    bool give_times(Listener& listener, const LineReading& reading);
    void skip(Listener& listener, const LineReading& reading, ServerTime now);
    void serve_due(ServerTime now);
    void restart(Listener& listener, ServerTime now);
    void look_for_dead(ServerTime now);

    const std::int64_t id_;
    const std::string code_;
    const RoomServices services_;
    const std::string created_from_;
    std::string asker_;    ///< the address that the last command for a link came from
    bool asking_ = false;  ///< that command is being carried out
    FairTracks tracks_;

    RoomState state_;
    Roster roster_;
    Admitted admitted_;
    std::vector<Listener*> listeners_;
    SendSchedule schedule_;
    unsigned numbers_given_ = 0;
    ServerTime tick_due_;
    std::array<std::size_t, transcoder::kTierCount + 1> wishes_{};  ///< listeners by the tier they get, the last: the best
    std::vector<FramePtr> frames_;                                  ///< for one visit
    WirePtr state_message_;                                         ///< of the state as it is
    std::uint32_t states_made_ = 0;
    ServerTime state_message_at_;
    bool roster_changed_ = false;  ///< since it was announced
    bool roster_untold_ = false;   ///< since state_message_ was made
    bool listed_changed_ = false;  ///< and those who are listed too, or how many want to skip
    ServerTime roster_due_;        ///< not before
    ServerTime dead_due_;          ///< when the dead are looked for next
    ServerTime sounded_at_;        ///< when there was sound to send last
    RoomLife life_;
    std::optional<std::string> closed_for_;
    ServerTime life_saved_at_;
    bool sync_changed_ = false;  ///< since it was announced
    ServerTime sync_due_;        ///< not before
    std::optional<Stream> stream_;
    std::shared_ptr<const transcoder::Artwork> artwork_;
    std::unique_ptr<transcoder::PendingWork> artwork_fetch_;
    Opening pending_;
    Opening next_;  ///< the queue's first item, while it is opened ahead
    ServerTime next_opened_at_;
    std::deque<ListLink> to_list_;
    std::map<ItemId, std::unique_ptr<transcoder::PendingWork>> listings_;
    RateLimit<int> command_rate_;  ///< of the room as a whole
    RateLimit<MemberId> link_rate_;
    RateLimit<MemberId> chat_rate_;
    RateLimit<MemberId> reaction_rate_;
    TalkBatch talk_;
    RateLimit<MemberId> password_rate_;
    std::deque<db::ChatLine> chat_;
    std::size_t untold_lines_ = 0;  ///< of chat_, the latest: they wait in talk_
    std::optional<ServerTime> host_away_since_;
    WirePtr queue_message_;    ///< of the queue as it is
    std::string queue_items_;  ///< the same, empty: not written out yet
    std::uint64_t queue_revision_ = 1;
    bool queue_changed_ = false;                      ///< since it was announced
    ServerTime queue_due_;                            ///< not before
    ServerTime place_due_;                            ///< when the position is saved next
    Reply next_reply_;                                ///< of the play command that is just being applied
    std::vector<std::function<void()>> due_replies_;  ///< to members whose links are settled, once the change is complete
    Broadcaster broadcaster_;
    Timeline broadcast_timeline_ = Timeline::held_at({}, {});
    std::pair<std::uint32_t, std::uint32_t> epochs_in_force_;  ///< what plays, and what is upcoming (0: nothing): no other is sent
    Broadcaster next_broadcaster_;                             ///< of the upcoming track, once it is announced
    Timeline next_timeline_ = Timeline::held_at({}, {});
    std::uint64_t last_generation_ = 0;  ///< of streams and of pipelines
    bool stalled_ = false;               ///< the source is known to be slow: gather more before sound goes on
};

}  // namespace musicspace::relay
