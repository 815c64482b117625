#pragma once
// Issues and checks the tokens of members and accounts, which are JWTs (HS256), and seals, which prove that this server has given a text
// out. Their keys are derived from one that is kept in the data folder. I/O thread. A token that was issued under a sign-in is void once
// that has ended (Revocations); the checks here see to it, so no caller can forget.

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
    AccountSession signed_in{};  ///< the sign-in under which it was issued
};

/// What an account's token is for. `device`: proves that a device has signed in to the account before.
enum class TokenUse { access, refresh, device };

struct AccountClaims {
    AccountSession signed_in;
    std::string name;
};

/// Why a token does not count. ended: it was issued under a sign-in that has ended.
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
    /// The claims of an account's token; nothing when it is for another use or for a room, or is forged, expired or ended. A device token
    /// ends with the account's generation, and not with its session.
    [[nodiscard]] std::optional<AccountClaims> check_account(TokenUse use, const std::string& token, std::int64_t now_unix) const;

    /// A keyed hash of `text`, in hex, which only this server can make: it proves that the server has given the text out itself.
    [[nodiscard]] std::string seal(const std::string& text) const;
    /// Whether `seal` is the seal of `text`. Takes constant time.
    [[nodiscard]] bool is_seal(const std::string& text, const std::string& seal) const;

private:
    const Revocations& revocations_;
    std::vector<unsigned char> key_;       ///< for tokens
    std::vector<unsigned char> seal_key_;  ///< for seals
};

}  // namespace musicspace::relay
