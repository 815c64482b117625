#include "relay/session/session.h"

#include <spdlog/spdlog.h>

#include <ctime>

#include "relay/close_code.h"
#include "relay/room/people_rules.h"
#include "relay/room/room_code.h"

namespace musicspace::relay {

Session::Session(RoomDirectory& directory, const Tokens& tokens, AddressBudgets& budgets, Metrics& metrics, Outbox& outbox,
                 std::string address, Close close)
    : directory_(directory), tokens_(tokens), budgets_(budgets), metrics_(metrics), outbox_(outbox), close_(std::move(close)) {
    listener_.address = std::move(address);
}

void Session::send(const std::string& text) {
    if (closed_) return;
    if (!outbox_.push_reply(make_text(text))) {
        close_(close_code::kTooSlow, "You send more than you read.");
    }
}

// Fifty a second, in the long run: a page sends two, and a dozen time questions at once now and then.
bool Session::count_message(ServerTime now) {
    constexpr auto kWindow = std::chrono::seconds(2);
    constexpr unsigned kMost = 100;
    if (now - counted_since_ >= kWindow) {
        counted_since_ = now;
        counted_ = 0;
    }
    if (++counted_ <= kMost) return true;
    if (counted_ == kMost + 1) {
        ++metrics_.too_talkative;
        spdlog::info("a client sends too many messages, its connection is closed");
        close_(close_code::kTooSlow, "You send more than 50 messages a second.");
    }
    return false;
}

// A client that goes on sending nonsense does not fill the log with it.
void Session::log_refusal(std::string_view why, ServerTime now) {
    constexpr auto kApart = std::chrono::seconds(10);
    ++refused_;
    if (refused_ > 1 && now - refusal_logged_at_ < kApart) return;
    refusal_logged_at_ = now;
    spdlog::info("a client's message is refused, its number {}: {}", refused_, why);
}

void Session::on_text(std::string_view text, ServerTime now) {
    if (!count_message(now)) return;
    // A large message costs more to read than to send: all that an address sends is counted together.
    if (const auto wait = budgets_.take_text(listener_.address, text.size(), now); wait != AddressBudgets::Wait::zero()) {
        ++metrics_.texts_refused;
        send(error_json(std::nullopt, {429, "too-fast", "Too fast", "Much is sent from your address. Wait a moment, then send it again.",
                                       whole_seconds(wait)}));
        return;
    }
    ClientMessage message = parse_client_message(text);
    if (auto* bad = std::get_if<BadMessage>(&message)) {
        log_refusal(bad->problem.detail, now);
        send(error_json(bad->id, bad->problem));
        if (!room_) close_(close_code::kBadHello, "The first message has to be a hello.");
        return;
    }
    if (const auto* hello = std::get_if<Hello>(&message)) {
        if (!room_) greet(*hello, now);
        return;
    }
    if (!room_) {
        close_(close_code::kBadHello, "The first message has to be a hello.");
        return;
    }
    if (const auto* wish = std::get_if<TierMessage>(&message)) {
        listener_.wish = wish->tier;
        room_->follow_wish(listener_, now);
        return;
    }
    if (const auto* report = std::get_if<SyncReport>(&message)) {
        room_->take_report(listener_, *report, now);
        return;
    }
    obey(std::get<CommandMessage>(std::move(message)), now);
}

namespace {

const char* reason_of(TokenFault fault) {
    switch (fault) {
        case TokenFault::invalid:
            return "Join this room first.";
        case TokenFault::expired:
            return "Your membership has expired. Join again.";
        case TokenFault::ended:
            return "You have signed out. Join again.";
    }
    return "";
}

void take_hints(TierPolicy& policy, const Hello& hello) {
    constexpr double kBelieved = 0.8;
    if (hello.save_data) policy.cap_at(Tier::kbps48);
    if (hello.downlink_kbps && *hello.downlink_kbps > 0) policy.expect_rate(*hello.downlink_kbps * 1000 * kBelieved);
}

}  // namespace

void Session::greet(const Hello& hello, ServerTime now) {
    if (budgets_.banned(listener_.address)) {
        close_(close_code::kExpelled, "Your address is banned from this server.");
        return;
    }
    const auto code = parse_code(hello.code);
    const auto room = code ? directory_.find(*code) : nullptr;
    TokenFault fault{};
    const auto claims = tokens_.check(hello.token, std::time(nullptr), fault);
    // Only a member learns whether there is a room, once many codes were tried.
    if (budgets_.code_wait(listener_.address, now) != AddressBudgets::Wait::zero() && !(room && claims && claims->room_id == room->id())) {
        ++metrics_.codes_refused;
        close_(close_code::kTooSlow, "Many room codes were tried from your address. Wait a minute.");
        return;
    }
    if (!room) {
        spdlog::info("a hello for a room that does not exist");
        budgets_.charge_code(listener_.address, now);
        close_(close_code::kNoSuchRoom, "There is no room with this code.");
        return;
    }
    if (claims && claims->room_id != room->id() && claims->code == room->code()) {
        close_(close_code::kNoSuchRoom, "The room that you were in was closed.");
        return;
    }
    if (!claims || claims->room_id != room->id()) {
        spdlog::info("room {}: a token is refused", room->code());
        close_(close_code::kBadToken, reason_of(claims ? TokenFault::invalid : fault));
        return;
    }
    const Standing standing = room->state().standing_of(claims->member_id, listener_.address);
    if (standing != Standing::welcome) {
        close_(close_code::kExpelled, relay::reason_of(standing));
        return;
    }
    if (room->full()) {
        ++metrics_.listeners_refused;
        close_(close_code::kRoomFull, "This room is full. Try again when some have left.");
        return;
    }
    listener_.member = claims->member_id;
    listener_.name = claims->name;
    listener_.signed_in = claims->signed_in;
    listener_.outbox = &outbox_;
    listener_.end = close_;
    listener_.heard_at = now;
    listener_.wish = hello.tier;
    take_hints(listener_.policy, hello);
    room_ = room;
    send(welcome_json(claims->member_id, claims->name, now));
    room_->join(listener_, now);
}

void Session::obey(CommandMessage message, ServerTime now) {
    const auto answer = [weak = weak_from_this(), id = message.id](const std::optional<Problem>& problem) {
        if (const auto session = weak.lock()) session->send(result_json(id, problem));
    };
    CommandRequest request{listener_.member, listener_.name, message.epoch, std::move(message.command)};
    request.address = listener_.address;
    request.account = listener_.signed_in.account;
    room_->handle(std::move(request), now, answer);
}

void Session::on_binary(std::span<const std::uint8_t> bytes, ServerTime now) {
    if (!count_message(now)) return;
    if (const auto stamp = parse_time_question(bytes)) {  // before the hello too: who joins should know the time first
        room_ ? room_->answer_time(listener_, {*stamp, now}, now) : outbox_.push_time({*stamp, now});
        return;
    }
    log_refusal("binary, and no time question", now);
    send(error_json(std::nullopt,
                    {400, "bad-message", "The message is not understood", "The only binary message a client sends is a time question."}));
    if (!room_) close_(close_code::kBadHello, "The first message has to be a hello.");
}

void Session::on_hello_overdue() {
    if (!room_) close_(close_code::kNoHello, "No hello came.");
}

void Session::on_drained(ServerTime now) {
    if (room_ && !closed_) room_->on_drained(listener_, now);
}

void Session::on_closed(ServerTime now) {
    closed_ = true;
    if (room_) room_->leave(listener_, now);
    room_.reset();
}

}  // namespace musicspace::relay
