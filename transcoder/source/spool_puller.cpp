// The thread that fills a spool.

#include <spdlog/spdlog.h>

#include "transcoder/source/spool_shared.h"

namespace musicspace::transcoder {

namespace {

/// So near ahead that going on with the current transfer is faster than asking anew.
constexpr std::int64_t kNear = 64 << 10;

/// What is under way is lost when its transfer is given up; on a fast line it is all here within this time.
constexpr std::chrono::milliseconds kGrace{40};

constexpr std::chrono::milliseconds kForever = std::chrono::hours(1);

}  // namespace

Spool::Puller::Puller(std::shared_ptr<Shared> shared, std::stop_token stop)
    : shared_(std::move(shared)), stop_(std::move(stop)), transfer_(shared_->options.addresses, shared_->options.transfer) {
    const std::lock_guard lock(shared_->mutex);
    shared_->transfer = &transfer_;
}

Spool::Puller::~Puller() {
    const std::lock_guard lock(shared_->mutex);
    shared_->transfer = nullptr;
}

void Spool::Puller::run() {
    const std::stop_callback wake(stop_, [this] { transfer_.wake(); });
    open_file();
    std::vector<std::uint8_t> bytes;
    while (const auto pull = wait_for_work()) {
        const auto patience = follow(*pull);
        switch (transfer_.step(bytes, patience)) {
            case HttpTransfer::Step::bytes:
                take(bytes, transfer_.offset() - static_cast<std::int64_t>(bytes.size()));
                break;
            case HttpTransfer::Step::ended:
                note_end();
                break;
            case HttpTransfer::Step::failed:
                recover(transfer_.failure());
                break;
            case HttpTransfer::Step::woken:
                break;
        }
    }
}

// Here, because it may block.
void Spool::Puller::open_file() {
    Shared& it = *shared_;
    if (it.options.space) {
        const SpaceLeft left = it.options.space->left_for(0);
        if (left.bytes < kLeastSpool) {
            if (left.disk_is_full) throw TranscodeFailure(Fault::disk_full, kDiskFull);
            throw TranscodeFailure(Fault::too_busy,
                                   "The tracks of other rooms take all the disk space that this server gives to tracks. Try again later.");
        }
    }
    const std::lock_guard lock(it.mutex);
    it.file.emplace(it.options.directory);
}

// Nothing when asked to stop, or when pulling was given up.
std::optional<Pull> Spool::Puller::wait_for_work() {
    Shared& it = *shared_;
    std::unique_lock lock(it.mutex);
    std::optional<Pull> pull;
    it.changed.wait(lock, stop_, [&] { return it.failure || (pull = next_pull(it.situation(), it.limits())).has_value(); });
    if (stop_.stop_requested() || it.failure) return std::nullopt;
    return pull;
}

// Goes on with the transfer under way where it leads to what is wanted, else starts another. Returns how long to wait for its bytes.
std::chrono::milliseconds Spool::Puller::follow(const Pull& pull) {
    if (transfer_.active()) {
        const std::int64_t ahead = pull.from - transfer_.offset();
        if (ahead >= 0 && (ahead <= kNear || !transfer_.ranged())) {
            leave_at_.reset();
            return kForever;
        }
        const auto now = std::chrono::steady_clock::now();
        if (!leave_at_) leave_at_ = now + kGrace;
        if (now < *leave_at_) return std::chrono::ceil<std::chrono::milliseconds>(*leave_at_ - now);
    }
    leave_at_.reset();
    asked_to_ = pull.to;
    if (shared_->track.chunk_bytes) {
        const std::int64_t chunk_end = pull.from + std::min(*shared_->track.chunk_bytes, kLargestFile);
        asked_to_ = asked_to_ ? std::min(*asked_to_, chunk_end) : chunk_end;
    }
    transfer_.start(shared_->track.media_url, shared_->track.headers, pull.from, asked_to_);
    return kForever;
}

// The first bytes of a transfer tell how long the whole is; other bytes than before make another edition.
void Spool::Puller::note_answer() {
    Shared& it = *shared_;
    const auto size = transfer_.size();
    if (it.answered && it.size && size && *size != *it.size) {
        spdlog::info("a track's file has changed on its site ({} to {} bytes)", *it.size, *size);
        it.file->discard(0, *it.size);
        it.have.clear();
        ++it.edition;
        it.size.reset();
        it.answered = false;
    }
    if (!it.answered || !it.size) it.size = size;
    it.answered = true;
}

void Spool::Puller::take(const std::vector<std::uint8_t>& bytes, std::int64_t offset) {
    Shared& it = *shared_;
    {
        const std::lock_guard lock(it.mutex);
        note_answer();
        keep(bytes, offset);
        it.note_held();
        discard_down_to(it.limits());
        it.note_held();
        // A part that was asked for up to known bytes may go on beyond them: some sites ignore where it was to end.
        if (transfer_.ranged() && it.have.end_of_run(transfer_.offset()) > transfer_.offset()) transfer_.stop();
    }
    it.changed.notify_all();
    history_ = {0, 0, true};
    if (in_trouble_) tell("");
}

// What lies behind the reader goes first when the disk has no room.
void Spool::Puller::keep(const std::vector<std::uint8_t>& bytes, std::int64_t offset) {
    Shared& it = *shared_;
    try {
        it.file->write(offset, bytes);
    } catch (const TranscodeFailure& failure) {
        if (failure.fault() != Fault::disk_full) throw;
        discard_down_to({.bytes = 0, .ahead = 0, .behind = 0});
        it.file->write(offset, bytes);
    }
    it.have.add(offset, offset + static_cast<std::int64_t>(bytes.size()));
}

void Spool::Puller::discard_down_to(const SpoolLimits& limits) {
    Shared& it = *shared_;
    while (const auto discard = next_discard(it.situation(), limits)) {
        it.file->discard(discard->from, *discard->to);
        it.have.remove(discard->from, *discard->to);
    }
}

void Spool::Puller::note_end() {
    Shared& it = *shared_;
    const std::int64_t end = transfer_.offset();
    bool short_of_it = false;
    {
        const std::lock_guard lock(it.mutex);
        note_answer();
        // A site that told no size has now: what came is all.
        if (!it.size && end != asked_to_) it.size = end;
        short_of_it = it.size && end < std::min(*it.size, asked_to_.value_or(*it.size));
    }
    it.changed.notify_all();
    if (short_of_it) recover({TransferFailure::Kind::broken, 0, std::nullopt, "the answer ended early"});
}

void Spool::Puller::recover(const TransferFailure& failure) {
    ++history_.fruitless;
    Recovery recovery = recovery_after(failure, history_);
    if (recovery.way == Recovery::Way::resolve_again && !shared_->options.resolve_again) recovery.way = Recovery::Way::give_up;
    spdlog::info("pulling a track failed at byte {} (status {}, {}), failure {} in a row", transfer_.offset(), failure.status,
                 failure.detail, history_.fruitless);
    if (recovery.way == Recovery::Way::give_up) {
        give_up(failure.explained().value());
        return;
    }
    if (history_.any_bytes || history_.fruitless > 1) tell(failure.explained().what());
    pause(recovery.after);
    if (recovery.way == Recovery::Way::resolve_again && !stop_.stop_requested()) resolve_again();
}

void Spool::Puller::resolve_again() {
    ++history_.resolved;
    try {
        shared_->track = shared_->options.resolve_again(stop_);
        spdlog::info("a track's address had expired and was resolved anew");
    } catch (const TranscodeFailure& failure) {
        if (failure.fault() == Fault::cancelled) return;
        const bool passing = failure.fault() == Fault::no_network || failure.fault() == Fault::timed_out;
        if (!passing) give_up(failure.value());
    }
}

void Spool::Puller::pause(std::chrono::milliseconds time) {
    std::unique_lock lock(shared_->mutex);
    shared_->changed.wait_for(lock, stop_, time, [] { return false; });
}

void Spool::Puller::give_up(TranscodeError error) { shared_->fail(std::move(error)); }

void Spool::Puller::tell(const std::string& trouble) {
    in_trouble_ = !trouble.empty();
    if (shared_->options.on_trouble) shared_->options.on_trouble(trouble);
}

}  // namespace musicspace::transcoder
