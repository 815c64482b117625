#pragma once
// A member's token: a JWT (HS256), and seals on what this server gives out. Their keys are derived from one that is kept in the data
// directory. Made and checked on the I/O thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace musicspace::relay {

struct Claims {
    std::int64_t room_id = 0;  ///< a code can be given out again; a room's id cannot
    std::int64_t member_id = 0;
    std::string code;
    std::string name;
    std::int64_t account_id = 0;  ///< 0: a guest
};

/// What an account's token is for.
enum class TokenUse { access, refresh };

struct AccountClaims {
    std::int64_t account_id = 0;
    std::string name;
    std::int64_t issued_at = 0;  ///< seconds since 1970
};

enum class TokenFault { invalid, expired };

class Tokens {
public:
    static constexpr std::chrono::hours kLifetime{24 * 7};

    /// Reads the key from `data_dir`, or makes one there (mode 0600). Throws std::runtime_error.
    explicit Tokens(const std::string& data_dir);

    /// `now_unix`: seconds since 1970.
    [[nodiscard]] std::string issue(const Claims& claims, std::int64_t now_unix) const;

    /// The claims, or nothing and why in `fault`. Only HS256 is accepted, whatever the token's header says.
    [[nodiscard]] std::optional<Claims> check(const std::string& token, std::int64_t now_unix, TokenFault& fault) const;

    static constexpr std::chrono::minutes kAccessLifetime{15};
    static constexpr std::chrono::hours kRefreshLifetime{24 * 30};

    [[nodiscard]] std::string issue_account(TokenUse use, std::int64_t account_id, const std::string& name, std::int64_t now_unix) const;
    /// Nothing for a token of another use, of a room, or one that is forged or expired.
    [[nodiscard]] std::optional<AccountClaims> check_account(TokenUse use, const std::string& token, std::int64_t now_unix) const;

    /// What only this server can make of `text`, in hex: it has given the text out itself.
    [[nodiscard]] std::string seal(const std::string& text) const;
    /// Whether `seal` is the text's; it takes as long for every wrong one.
    [[nodiscard]] bool is_seal(const std::string& text, const std::string& seal) const;

private:
    std::vector<unsigned char> key_;       ///< of tokens
    std::vector<unsigned char> seal_key_;  ///< of seals
};

}  // namespace musicspace::relay
