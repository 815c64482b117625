#include "relay/auth/passwords.h"

#include <sodium.h>

#include <array>
#include <stdexcept>

namespace musicspace::relay {

namespace {

// Each hash takes 64 MB and a core for a tenth of a second, so the last of those that wait gets its turn within two seconds.
constexpr FairSlots::Limits kTurns{.slots = 2, .waiting = 32, .waiting_per_key = 4};
constexpr std::size_t kThreads = kTurns.slots + 2;  // two more, because a thread may still be ending when the next work starts

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

Passwords::Passwords(Post post) : post_(std::move(post)), turns_(FairSlots::make(kTurns)), nobodys_(hash_of_chance()), threads_(kThreads) {}

void Passwords::start(const std::string& address, std::function<std::function<void()>()> work, std::function<void()> busy) {
    const auto turn = std::make_shared<FairSlots::Slot>();
    const auto run = [this, turn, work = std::move(work), busy] {
        const auto answer = [turn](const std::function<void()>& done) {
            turn->give_back();
            done();
        };
        const auto job = [this, answer, work](const std::stop_token&) { post_([answer, done = work()] { answer(done); }); };
        const auto lost = [this, answer, busy](transcoder::LostJob) { post_([answer, busy] { answer(busy); }); };
        if (!threads_.start(job, lost)) answer(busy);
    };
    auto asked = turns_->ask(address, ServerTime::max(), {run, [] {}});
    if (!asked) {
        busy();
        return;
    }
    *turn = std::move(asked->slot);
    if (!asked->waits) run();
}

void Passwords::hash(const std::string& address, std::string password, const std::function<void(std::optional<std::string>)>& done) {
    const auto work = [password = std::move(password), done]() -> std::function<void()> {
        std::optional<std::string> hash;
        try {
            hash = hash_of(password);
        } catch (const std::runtime_error&) {
            hash.reset();  // reported as too busy
        }
        return [done, hash] { done(hash); };
    };
    start(address, work, [done] { done(std::nullopt); });
}

void Passwords::check(const std::string& address, std::string hash, std::string password, const std::function<void(Checked)>& done) {
    const auto work = [this, hash = std::move(hash), password = std::move(password), done]() -> std::function<void()> {
        const std::string& against = hash.empty() ? nobodys_ : hash;
        const bool fits = crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0 && !hash.empty();
        return [done, fits] { done(fits ? Checked::right : Checked::wrong); };
    };
    start(address, work, [done] { done(Checked::busy); });
}

}  // namespace musicspace::relay
