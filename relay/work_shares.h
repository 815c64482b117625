#pragma once
// Shares the workers fairly among addresses. There are slots (fair_slots.h) for each kind of work: opening links, listing them and
// searching, pictures, the library, pipelines. Work that gets no slot waits for a few seconds, and is then refused as too busy. Stands in
// front of the transcoder, which knows no addresses. Owned by main; I/O thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "relay/clock.h"
#include "relay/fair_slots.h"
#include "relay/metrics.h"
#include "transcoder/track_service.h"

namespace musicspace::relay {

class WorkShares {
public:
    enum class Kind { resolve, list, picture, browse, pipeline };

    struct Limits {
        std::size_t resolves = 8;
        std::size_t pictures = 16;
        std::size_t browses = 8;
        std::size_t pipelines = 500;
        std::chrono::seconds patience{5};  ///< how long work waits for a slot
    };
    struct Surroundings {
        std::function<void(std::function<void()>)> post;  ///< runs a function on the I/O thread, later
        std::function<void(ServerTime)> tick_by;          ///< makes sure that tick() is called at that time
        std::function<ServerTime()> clock = &ServerClock::now;
    };

    WorkShares(const Limits& limits, Surroundings surroundings, Metrics& metrics);

    /// Does work for a client at `address`. `begin`(finished) starts it, now or in its turn: it calls `finished` with the result, and
    /// returns the PendingWork, or nullptr when it cannot start. `done` is called once, after this has returned: with the result, or with
    /// `busy` when the work could not start in time. Returns nullptr, and calls nothing, when it cannot start now and cannot wait either.
    /// Destroying what this returns cancels the work.
    template <typename Result, typename Begin, typename Done>
    [[nodiscard]] std::unique_ptr<transcoder::PendingWork> run(Kind kind, const std::string& address, Begin begin, Done done, Result busy) {
        const auto job = std::make_shared<Job>();
        const auto start = [job, begin = std::move(begin), done] {
            job->work = begin([job, done](Result result) {
                if (job->over) return;
                job->over = true;
                job->slot.give_back();
                done(std::move(result));
            });
            return job->work != nullptr;
        };
        const auto refuse = [this, job, done, busy = std::move(busy)] {
            ++metrics_.work_refused;
            surroundings_.post([job, done, busy] {
                if (std::exchange(job->over, true)) return;
                job->slot.give_back();
                done(busy);
            });
        };
        const auto asked = ask(kind, address, *job, {[start, refuse] { start() ? void() : refuse(); }, refuse});
        if (asked == Asked::refused || (asked == Asked::held && !start())) {
            ++metrics_.work_refused;
            return nullptr;
        }
        return std::make_unique<transcoder::PendingWork>([job] {
            job->over = true;
            job->work.reset();
            job->slot.give_back();
        });
    }

    /// Takes a slot at once, or none.
    [[nodiscard]] std::optional<FairSlots::Slot> take(Kind kind, const std::string& address);

    /// Refuses work that has waited too long; returns the time at which the next is to be refused.
    ServerTime tick(ServerTime now);

private:
    struct Job {
        FairSlots::Slot slot;
        std::unique_ptr<transcoder::PendingWork> work;
        bool over = false;
    };
    enum class Asked { held, waits, refused };
    Asked ask(Kind kind, const std::string& address, Job& job, FairSlots::Waiting waiting);
    [[nodiscard]] FairSlots& slots(Kind kind) const;

    const std::chrono::seconds patience_;
    const Surroundings surroundings_;
    Metrics& metrics_;
    const std::shared_ptr<FairSlots> resolves_;
    const std::shared_ptr<FairSlots> listings_;  ///< slots of their own, so that playlists and searches never keep a link from being opened
    const std::shared_ptr<FairSlots> pictures_;
    const std::shared_ptr<FairSlots> browses_;
    const std::shared_ptr<FairSlots> pipelines_;
};

}  // namespace musicspace::relay
