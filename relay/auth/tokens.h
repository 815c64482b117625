#pragma once
// The tokens of members and accounts: JWTs (HS256), and seals on what this server gives out. Their keys are derived from one that is kept
// in the data directory. Made and checked on the I/O thread. A token that was issued under a sign-in is void once that has ended
// (Revocations): no caller can forget to ask.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relay/auth/revocations.h"

namespace musicspace::relay {

struct Claims {
    std::int64_t room_id = 0;  ///< a code can be given out again; a room's id cannot
    std::int64_t member_id = 0;
    std::string code;
    std::string name;
    AccountSession signed_in{};  ///< under which it was issued
};

/// What an account's token is for. `device`: it has signed in to the account before.
enum class TokenUse { access, refresh, device };

struct AccountClaims {
    AccountSession signed_in;
    std::string name;
};

/// ended: issued under a sign-in that has ended.
enum class TokenFault { invalid, expired, ended };

class Tokens {
public:
    static constexpr std::chrono::hours kLifetime{24 * 7};

    /// Reads the key from `data_dir`, or makes one there (mode 0600). Throws std::runtime_error.
    Tokens(const std::string& data_dir, const Revocations& revocations);

    /// `now_unix`: seconds since 1970.
    [[nodiscard]] std::string issue(const Claims& claims, std::int64_t now_unix) const;

    /// The claims, or nothing and why in `fault`. Only HS256 is accepted, whatever the token's header says.
    [[nodiscard]] std::optional<Claims> check(const std::string& token, std::int64_t now_unix, TokenFault& fault) const;

    static constexpr std::chrono::minutes kAccessLifetime{15};
    static constexpr std::chrono::hours kRefreshLifetime = Revocations::kKept;
    static constexpr std::chrono::hours kDeviceLifetime = Revocations::kKept;

    [[nodiscard]] std::string issue_account(TokenUse use, const AccountClaims& claims, std::int64_t now_unix) const;
    /// A number for a new session.
    [[nodiscard]] static std::int64_t new_session();
    /// Nothing for a token of another use, of a room, or one that is forged, expired or ended. A device's ends with its account's
    /// generation only.
    [[nodiscard]] std::optional<AccountClaims> check_account(TokenUse use, const std::string& token, std::int64_t now_unix) const;

    /// What only this server can make of `text`, in hex: it has given the text out itself.
    [[nodiscard]] std::string seal(const std::string& text) const;
    /// Whether `seal` is the text's; it takes as long for every wrong one.
    [[nodiscard]] bool is_seal(const std::string& text, const std::string& seal) const;

private:
    const Revocations& revocations_;
    std::vector<unsigned char> key_;       ///< of tokens
    std::vector<unsigned char> seal_key_;  ///< of seals
};

}  // namespace musicspace::relay
