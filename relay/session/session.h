#pragma once
// One client's conversation: hello first, then commands and time questions. Knows no socket; its WebSocket feeds it. Owned by the
// WebSocket connection, I/O thread.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "relay/address_budgets.h"
#include "relay/auth/tokens.h"
#include "relay/room/room_directory.h"
#include "relay/session/messages.h"

namespace musicspace::relay {

class Session : public std::enable_shared_from_this<Session> {
public:
    using Close = std::function<void(std::uint16_t code, const std::string& reason)>;

    /// `outbox` is there until on_closed(); `address`: whom it comes from; `close` ends the connection.
    Session(RoomDirectory& directory, const Tokens& tokens, AddressBudgets& budgets, Metrics& metrics, Outbox& outbox, std::string address,
            Close close);

    void on_text(std::string_view text, ServerTime now);
    void on_binary(std::span<const std::uint8_t> bytes, ServerTime now);
    /// Anything at all came, a pong too.
    void on_heard(ServerTime now) { listener_.heard_at = now; }
    /// A ping or a pong: it counts among the messages.
    void on_control(ServerTime now) {
        on_heard(now);
        static_cast<void>(count_message(now));
    }
    /// A good hello has come.
    [[nodiscard]] bool greeted() const { return room_ != nullptr; }
    void on_hello_overdue();
    /// The outbox was full, and is empty now.
    void on_drained(ServerTime now);
    /// The socket is gone. Nothing is called after.
    void on_closed(ServerTime now);

private:
    void greet(const Hello& hello, ServerTime now);
    /// False when too many messages come; the connection ends then.
    [[nodiscard]] bool count_message(ServerTime now);
    void log_refusal(std::string_view why, ServerTime now);
    void obey(CommandMessage message, ServerTime now);
    void send(const std::string& text);

    RoomDirectory& directory_;
    const Tokens& tokens_;
    AddressBudgets& budgets_;
    Metrics& metrics_;
    Outbox& outbox_;
    const Close close_;
    Listener listener_;
    std::shared_ptr<Room> room_;  ///< set by a good hello
    ServerTime counted_since_;    ///< messages
    unsigned counted_ = 0;
    std::uint64_t refused_ = 0;  ///< messages
    ServerTime refusal_logged_at_;
    bool closed_ = false;
};

}  // namespace musicspace::relay
