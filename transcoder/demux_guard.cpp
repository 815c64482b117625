#include "transcoder/demux_guard.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <numeric>

namespace musicspace::transcoder {

DemuxGuard::DemuxGuard(std::shared_ptr<Opening> opening, std::stop_token stop) : opening_(std::move(opening)), stop_(std::move(stop)) {}

void DemuxGuard::fail(Fault fault, const std::string& detail) {
    if (!failure_) failure_ = TranscodeError{fault, detail};
    throw TranscodeFailure(failure_->fault, failure_->detail);
}

bool DemuxGuard::broken() const {
    const auto deadline = opening_->deadline();
    return failure_ || (deadline && Clock::now() >= *deadline);
}

void DemuxGuard::check() {
    if (failure_) throw TranscodeFailure(failure_->fault, failure_->detail);
    if (!broken()) return;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(opening_->limits().time).count();
    fail(Fault::timed_out,
         "Within " + std::to_string(seconds) +
             " seconds too little of this track has come to play it. Its site may be slow, or send no music: try again, or "
             "try another link.");
}

void DemuxGuard::take_bytes(std::size_t count, bool nested) {
    if (!before_sound_) return;
    std::int64_t& bytes = nested ? nested_bytes_ : bytes_;
    const std::int64_t most = nested ? kMostNestedBytesBeforeSound : kMostBytesBeforeSound;
    bytes += static_cast<std::int64_t>(count);
    if (bytes > most) {
        fail(Fault::unreadable, "In the first " + std::to_string(most >> 20U) +
                                    " MB of this track there is no sound yet. It is damaged, or its tags and pictures are too large.");
    }
}

void DemuxGuard::take_playlist(const std::string& url, bool nested, const PlaylistWatch& playlist, std::int64_t new_lasting) {
    if (nested && playlist.is_master()) {
        fail(Fault::unreadable, "This link's playlist leads to further playlists, which lead to further ones. That is not played.");
    }
    playlists_[url] = playlist.memory();
    lasting_playlist_memory_ += new_lasting;
    const std::int64_t memory = std::accumulate(playlists_.begin(), playlists_.end(), lasting_playlist_memory_,
                                                [](auto sum, const auto& it) { return sum + it.second; });
    if (memory > kMostPlaylistMemory) fail(Fault::unreadable, "This link's playlist is longer than this server reads.");
}

void DemuxGuard::take_claims(const Mp4Claims& claims, std::int64_t new_samples) {
    samples_claimed_ += new_samples;
    has_tables_ = has_tables_ || claims.tracks() > 0;
    if (!has_tables_) return;  // no MP4: the names came up by chance
    if (claims.packed() || samples_claimed_ > kMostSamplesClaimed || (claims.fragmented() && claims.tracks() > kMostFragmentedTracks)) {
        fail(Fault::unreadable, "This file's tables are larger than this server reads.");
    }
}

void DemuxGuard::await_turn() {
    check();
    if (before_sound_ && ++nested_ > kMostNestedBeforeSound) {
        fail(Fault::unreadable, "This link's playlist leads to more than " + std::to_string(kMostNestedBeforeSound) +
                                    " files before anything of it can be heard. That is not played.");
    }
    const auto now = Clock::now();
    turns_ = std::min(kNestedBurst, turns_ + std::chrono::duration<double>(now - turns_at_).count() * kNestedPerSecond);
    turns_at_ = now;
    turns_ -= 1;
    if (turns_ >= 0) return;
    const auto until = now + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(-turns_ / kNestedPerSecond));
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_until(lock, stop_, std::min(until, opening_->deadline().value_or(until)), [] { return false; });
    if (stop_.stop_requested()) throw TranscodeFailure(Fault::cancelled, "Opening the link was cancelled.");
    check();
}

}  // namespace musicspace::transcoder
