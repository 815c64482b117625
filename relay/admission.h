#pragma once
// Who may connect, and who may make rooms: limits for each address, and one for all, so that some descriptors are always left for
// the music itself. I/O thread; knows no sockets. An address is text, IPv6 as its /64; an empty one (this machine) has no limits of its
// own.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "relay/metrics.h"
#include "relay/rate_limit.h"

namespace musicspace::relay {

struct AdmissionLimits {
    unsigned connections = 20'000;           ///< in all
    unsigned connections_per_address = 200;  ///< at once; 0: any number
    unsigned rooms_per_address = 60;         ///< made within an hour; 0: any number
};

class Admission {
public:
    Admission(AdmissionLimits limits, Metrics& metrics)
        : limits_(limits), metrics_(metrics), rooms_(limits.rooms_per_address, std::chrono::hours(1)) {}
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    /// One connection's; given back with its end.
    class Place {
    public:
        Place(Admission& admission, std::string address) : admission_(&admission), address_(std::move(address)) {}
        Place(Place&& other) noexcept : admission_(std::exchange(other.admission_, nullptr)), address_(std::move(other.address_)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (admission_ != nullptr) admission_->give_back(address_);
        }

    private:
        Admission* admission_;
        std::string address_;
    };

    /// No more connections at all: leave them in the kernel's queue.
    [[nodiscard]] bool full() const { return connections_ >= limits_.connections; }
    [[nodiscard]] Place admit() {
        ++connections_;
        return {*this, {}};
    }
    /// Nothing when this address has too many.
    [[nodiscard]] std::optional<Place> admit(const std::string& address) {
        if (address.empty()) return admit();
        unsigned& count = by_address_[address];
        if (limits_.connections_per_address != 0 && count >= limits_.connections_per_address) {
            ++metrics_.connections_refused;
            return std::nullopt;
        }
        ++count;
        ++connections_;
        return Place{*this, address};
    }
    /// Zero when a room may be made; else how long to wait.
    [[nodiscard]] ServerClock::duration take_room(const std::string& address, ServerTime now) {
        const auto wait = address.empty() ? ServerClock::duration::zero() : rooms_.spend(address, 1, now);
        if (wait != ServerClock::duration::zero()) ++metrics_.rooms_refused;
        return wait;
    }

private:
    void give_back(const std::string& address) {
        --connections_;
        const auto entry = by_address_.find(address);
        if (entry != by_address_.end() && --entry->second == 0) by_address_.erase(entry);
    }

    const AdmissionLimits limits_;
    Metrics& metrics_;
    unsigned connections_ = 0;
    std::unordered_map<std::string, unsigned> by_address_;
    RateLimit<std::string> rooms_;
};

}  // namespace musicspace::relay
