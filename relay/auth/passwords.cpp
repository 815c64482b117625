#include "relay/auth/passwords.h"

#include <sodium.h>

#include <array>
#include <stdexcept>

namespace musicspace::relay {

namespace {

constexpr std::size_t kAtOnce = 8;  // more than run: who comes ninth is told to come again

std::string hash_of(const std::string& password) {
    std::array<char, crypto_pwhash_STRBYTES> hash{};
    if (crypto_pwhash_str(hash.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
        throw std::runtime_error("There is not enough memory to hash a password.");
    }
    return hash.data();
}

std::string hash_of_chance() {
    if (sodium_init() < 0) throw std::runtime_error("The system's random source does not work.");
    std::string password(32, '\0');
    randombytes_buf(password.data(), password.size());
    return hash_of(password);
}

}  // namespace

Passwords::Passwords(Post post) : post_(std::move(post)), nobodys_(hash_of_chance()), threads_(kAtOnce) {}

void Passwords::hash(std::string password, const std::function<void(std::optional<std::string>)>& done) {
    const auto job = [this, password = std::move(password), done](const std::stop_token&) {
        std::optional<std::string> hash;
        try {
            hash = hash_of(password);
        } catch (const std::runtime_error&) {
            hash.reset();  // told as too busy
        }
        post_([done, hash] { done(hash); });
    };
    if (!threads_.start(job)) done(std::nullopt);
}

void Passwords::check(std::string hash, std::string password, const std::function<void(Checked)>& done) {
    const auto job = [this, hash = std::move(hash), password = std::move(password), done](const std::stop_token&) {
        const std::string& against = hash.empty() ? nobodys_ : hash;
        const bool fits = crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0 && !hash.empty();
        post_([done, fits] { done(fits ? Checked::right : Checked::wrong); });
    };
    if (!threads_.start(job)) done(Checked::busy);
}

}  // namespace musicspace::relay
