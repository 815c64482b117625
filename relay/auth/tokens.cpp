#include "relay/auth/tokens.h"

#include <fcntl.h>
#include <jwt.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace musicspace::relay {

namespace {

constexpr std::size_t kKeyBytes = 32;

struct FreeJwt {
    void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};
using Jwt = std::unique_ptr<jwt_t, FreeJwt>;

bool write_and_sync(const std::filesystem::path& path, const std::vector<unsigned char>& bytes) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const bool written = ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fsync(fd) == 0;
    return ::close(fd) == 0 && written;
}

// The key gets its name once all of it is on the disk: a full disk, or a loss of power, leaves no part of a key behind.
std::vector<unsigned char> make_key(const std::filesystem::path& path) {
    std::vector<unsigned char> key(kKeyBytes);
    randombytes_buf(key.data(), key.size());
    const std::filesystem::path unfinished = path.string() + ".new";
    errno = 0;
    if (write_and_sync(unfinished, key) && ::rename(unfinished.c_str(), path.c_str()) == 0) return key;
    const std::string reason = errno != 0 ? std::generic_category().message(errno) : "it was written in part only";
    ::unlink(unfinished.c_str());
    throw std::runtime_error("The signing key " + path.string() + " cannot be written (" + reason +
                             "). Is --data-dir writable, and is there room on the disk?");
}

// The key for one use is the HMAC-SHA256 of that use under the kept key: who has one of them learns nothing about another.
std::vector<unsigned char> derived(const std::vector<unsigned char>& kept, std::string_view use) {
    static_assert(crypto_auth_hmacsha256_BYTES == kKeyBytes && crypto_auth_hmacsha256_KEYBYTES == kKeyBytes);
    std::vector<unsigned char> key(kKeyBytes);
    crypto_auth_hmacsha256(key.data(), reinterpret_cast<const unsigned char*>(use.data()), use.size(), kept.data());
    return key;
}

std::vector<unsigned char> kept_key(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) return make_key(path);
    std::ifstream file(path, std::ios::binary);
    std::vector<unsigned char> key(std::istreambuf_iterator<char>(file), {});
    if (key.size() != kKeyBytes)
        throw std::runtime_error("The signing key " + path.string() + " is damaged. Delete it: everybody then joins anew.");
    return key;
}

std::string text_grant(jwt_t* jwt, const char* name) {
    const char* value = jwt_get_grant(jwt, name);
    return value != nullptr ? value : "";
}

std::int64_t number_of(const std::string& text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

Tokens::Tokens(const std::string& data_dir, const Revocations& revocations) : revocations_(revocations) {
    if (sodium_init() < 0) throw std::runtime_error("The system's random source does not work.");
    const auto kept = kept_key(std::filesystem::path(data_dir) / "token.key");
    key_ = derived(kept, "musicspace tokens");
    seal_key_ = derived(kept, "musicspace seals");
}

namespace {

struct Grant {
    const char* name;
    std::string value;
};

std::string signed_token(const std::vector<unsigned char>& key, const std::vector<Grant>& grants, std::int64_t now_unix,
                         std::chrono::seconds lifetime) {
    jwt_t* raw = nullptr;
    if (jwt_new(&raw) != 0) throw std::runtime_error("No token could be made.");
    const Jwt jwt(raw);
    bool set = jwt_set_alg(raw, JWT_ALG_HS256, key.data(), static_cast<int>(key.size())) == 0 &&
               jwt_add_grant_int(raw, "iat", now_unix) == 0 && jwt_add_grant_int(raw, "exp", now_unix + lifetime.count()) == 0;
    for (const Grant& grant : grants) set = set && jwt_add_grant(raw, grant.name, grant.value.c_str()) == 0;
    char* encoded = set ? jwt_encode_str(raw) : nullptr;
    if (encoded == nullptr) throw std::runtime_error("No token could be made.");
    std::string token(encoded);
    std::free(encoded);
    return token;
}

// The decoded token; nothing when it is forged or expired, and `fault` says which.
Jwt checked_token(const std::vector<unsigned char>& key, const std::string& token, std::int64_t now_unix, TokenFault& fault) {
    fault = TokenFault::invalid;
    jwt_t* raw = nullptr;
    if (jwt_decode(&raw, token.c_str(), key.data(), static_cast<int>(key.size())) != 0) return nullptr;
    Jwt jwt(raw);
    if (jwt_get_alg(raw) != JWT_ALG_HS256) return nullptr;
    if (jwt_get_grant_int(raw, "exp") <= now_unix) {
        fault = TokenFault::expired;
        return nullptr;
    }
    return jwt;
}

const char* name_of(TokenUse use) {
    constexpr std::array<const char*, 3> kNames{"access", "refresh", "device"};
    return kNames.at(static_cast<std::size_t>(use));
}

std::chrono::seconds lifetime_of(TokenUse use) {
    constexpr std::array<std::chrono::seconds, 3> kLifetimes{Tokens::kAccessLifetime, Tokens::kRefreshLifetime, Tokens::kDeviceLifetime};
    return kLifetimes.at(static_cast<std::size_t>(use));
}

AccountSession session_of(jwt_t* jwt, const char* account) {
    return {number_of(text_grant(jwt, account)), number_of(text_grant(jwt, "session")), number_of(text_grant(jwt, "generation"))};
}

void add_session(std::vector<Grant>& grants, const char* account, const AccountSession& signed_in) {
    grants.push_back({account, std::to_string(signed_in.account)});
    grants.push_back({"session", std::to_string(signed_in.session)});
    grants.push_back({"generation", std::to_string(signed_in.generation)});
}

}  // namespace

std::string Tokens::issue(const Claims& claims, std::int64_t now_unix) const {
    std::vector<Grant> grants{
        {"sub", std::to_string(claims.member_id)}, {"room", std::to_string(claims.room_id)}, {"code", claims.code}, {"name", claims.name}};
    if (claims.signed_in.account != 0) add_session(grants, "account", claims.signed_in);
    return signed_token(key_, grants, now_unix, kLifetime);
}

std::string Tokens::issue_account(TokenUse use, const AccountClaims& claims, std::int64_t now_unix) const {
    std::vector<Grant> grants{{"use", name_of(use)}, {"name", claims.name}};
    add_session(grants, "sub", claims.signed_in);
    return signed_token(key_, grants, now_unix, lifetime_of(use));
}

std::int64_t Tokens::new_session() {
    std::uint64_t number = 0;
    randombytes_buf(&number, sizeof number);
    return static_cast<std::int64_t>(number >> 1U) | 1;
}

std::optional<AccountClaims> Tokens::check_account(TokenUse use, const std::string& token, std::int64_t now_unix) const {
    TokenFault ignored{};
    const Jwt jwt = checked_token(key_, token, now_unix, ignored);
    if (!jwt || text_grant(jwt.get(), "use") != name_of(use)) return std::nullopt;
    AccountClaims claims{session_of(jwt.get(), "sub"), text_grant(jwt.get(), "name")};
    AccountSession lasts = claims.signed_in;
    if (use == TokenUse::device) lasts.session = -1;  // no session's number
    return revocations_.ended(lasts) ? std::nullopt : std::optional(claims);
}

std::string Tokens::seal(const std::string& text) const {
    constexpr std::size_t kBytes = 16;
    std::array<unsigned char, kBytes> sealed{};
    crypto_generichash(sealed.data(), sealed.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), seal_key_.data(),
                       seal_key_.size());
    std::array<char, 2 * kBytes + 1> hex{};
    return sodium_bin2hex(hex.data(), hex.size(), sealed.data(), sealed.size());
}

bool Tokens::is_seal(const std::string& text, const std::string& seal) const {
    const std::string right = this->seal(text);
    return right.size() == seal.size() && sodium_memcmp(right.data(), seal.data(), right.size()) == 0;
}

std::optional<Claims> Tokens::check(const std::string& token, std::int64_t now_unix, TokenFault& fault) const {
    const Jwt jwt = checked_token(key_, token, now_unix, fault);
    if (!jwt) return std::nullopt;
    jwt_t* raw = jwt.get();
    Claims claims{number_of(text_grant(raw, "room")), number_of(text_grant(raw, "sub")), text_grant(raw, "code"), text_grant(raw, "name"),
                  session_of(raw, "account")};
    if (!revocations_.ended(claims.signed_in)) return claims;
    fault = TokenFault::ended;
    return std::nullopt;
}

}  // namespace musicspace::relay
