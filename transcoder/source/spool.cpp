#include "transcoder/source/spool.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "transcoder/lost_job.h"
#include "transcoder/source/spool_shared.h"

namespace musicspace::transcoder {

namespace {

// False when asked to stop or when it is `deadline`.
template <typename Condition>
bool wait(std::condition_variable_any& changed, std::unique_lock<std::mutex>& lock, const std::stop_token& stop,
          std::optional<Spool::TimePoint> deadline, Condition condition) {
    if (!deadline) return changed.wait(lock, stop, condition);
    return changed.wait_until(lock, stop, *deadline, condition);
}

[[noreturn]] void throw_late() { throw TranscodeFailure(Fault::timed_out, "The track's site did not answer in time."); }

[[noreturn]] void throw_cancelled() { throw TranscodeFailure(Fault::cancelled, "Opening the link was cancelled."); }

}  // namespace

SpoolLimits Spool::Shared::limits() const {
    SpoolLimits now = options.limits;
    if (!options.space) return now;
    const std::int64_t may_hold = have.total() + options.space->left_for(have.total()).bytes;
    now.bytes = std::clamp<std::int64_t>(may_hold, 0, now.bytes);
    now.ahead = std::min(now.ahead, now.bytes / 2);
    now.behind = std::min(now.behind, now.bytes / 4);
    return now;
}

void Spool::Shared::note_held() {
    if (!options.space) return;
    options.space->change(have.total() - reported);
    reported = have.total();
}

void Spool::Shared::fail(TranscodeError error) {
    {
        const std::lock_guard lock(mutex);
        failure = std::move(error);
    }
    changed.notify_all();
}

std::shared_ptr<Spool> Spool::open(WorkerThreads& threads, const Track& track, SpoolOptions options) {
    std::shared_ptr<Spool> spool(new Spool);
    spool->shared_ = std::make_shared<Shared>(track, std::move(options));
    const auto pull = [shared = spool->shared_](const std::stop_token& stop) {
        try {
            Puller(shared, stop).run();
        } catch (const TranscodeFailure& failure) {
            shared->fail(failure.value());
        } catch (const std::exception& error) {
            spdlog::error("a spool failed: {}", error.what());
            shared->fail({Fault::internal, "The track could not be pulled; the server's log says why."});
        }
    };
    spool->stop_ = threads.start(pull, [shared = spool->shared_](LostJob why) { shared->fail(explained(why)); });
    if (!spool->stop_) return nullptr;
    return spool;
}

Spool::~Spool() {
    if (stop_) stop_->request_stop();
}

std::uint64_t Spool::edition() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->edition;
}

bool Spool::complete() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->size && shared_->have.end_of_run(0) >= *shared_->size;
}

std::size_t Spool::read(std::uint64_t edition, std::int64_t offset, std::span<std::uint8_t> into, const std::stop_token& stop,
                        std::optional<TimePoint> deadline) {
    Shared& it = *shared_;
    std::unique_lock lock(it.mutex);
    const auto held = [&] { return it.have.end_of_run(offset) - offset; };
    const auto settled = [&] { return it.edition != edition || held() > 0 || (it.size && offset >= *it.size) || it.failure.has_value(); };
    if (!settled()) {
        const auto waiting = it.waiting.insert(it.waiting.end(), offset);
        if (it.transfer != nullptr) it.transfer->wake();
        it.changed.notify_all();
        const bool came = wait(it.changed, lock, stop, deadline, settled);
        it.waiting.erase(waiting);
        if (!came && !stop.stop_requested()) throw_late();
    }
    if (stop.stop_requested()) throw_cancelled();
    if (it.edition != edition) throw TranscodeFailure(Fault::changed, "The site has replaced this track's file.");
    if (held() == 0) {
        if (it.size && offset >= *it.size) return 0;
        throw TranscodeFailure(it.failure->fault, it.failure->detail);
    }
    const auto count = std::min<std::int64_t>(held(), static_cast<std::int64_t>(into.size()));
    const std::size_t read = it.file->read(offset, into.first(static_cast<std::size_t>(count)));
    it.reader_at = offset + static_cast<std::int64_t>(read);
    // The puller may have been waiting for the reader to come nearer.
    it.changed.notify_all();
    return read;
}

std::optional<std::int64_t> Spool::size(const std::stop_token& stop, std::optional<TimePoint> deadline) {
    Shared& it = *shared_;
    std::unique_lock lock(it.mutex);
    const bool came = wait(it.changed, lock, stop, deadline, [&it] { return it.answered || it.failure; });
    if (stop.stop_requested()) throw_cancelled();
    if (!came) throw_late();
    if (!it.answered) throw TranscodeFailure(it.failure->fault, it.failure->detail);
    return it.size;
}

}  // namespace musicspace::transcoder
