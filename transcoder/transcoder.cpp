#include "transcoder/transcoder.h"

#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>

namespace musicspace::transcoder {

namespace {

// After it is cancelled nothing is called any more: `detached` is set and read on the I/O thread alone.
std::unique_ptr<PendingWork> cancellable(std::shared_ptr<bool> detached, std::shared_ptr<std::stop_source> stop) {
    if (!stop) return nullptr;
    return std::make_unique<PendingWork>([detached = std::move(detached), stop = std::move(stop)] {
        *detached = true;
        stop->request_stop();
    });
}

// Of tracks: some of them wait for their sites.
constexpr std::size_t kMeasuredPerCore = 2;

ResolverOptions through(const EgressProxy& egress, std::shared_ptr<const PrivateNetwork> network, ResolverOptions options) {
    options.proxy = egress.url();
    options.proxy_port = egress.port();
    options.network = std::move(network);
    return options;
}
}  // namespace

Transcoder::Transcoder(ResolverOptions options, AddressPolicy addresses, TranscoderLimits limits, std::string directory, Post post)
    : addresses_(addresses),
      network_(network_for_ytdlp(options)),
      egress_(addresses, {}, network_ ? network_->take_listener() : Descriptor()),
      library_(options.library),
      media_fence_(fence_of_media(options)),
      fences_(describe_fences(options, network_, media_fence_)),
      resolver_(through(egress_, network_, std::move(options))),
      limits_(limits),
      directory_(std::move(directory)),
      post_(std::move(post)),
      resolve_threads_(limits.resolves, kAwaited),
      list_threads_(std::max<std::size_t>(1, limits.resolves / 2), kAwaited),
      library_threads_(limits.browses),
      artwork_threads_(limits.artworks),
      pull_threads_(limits.pipelines),
      loudness_turns_(kMeasuredPerCore * std::max(1U, std::thread::hardware_concurrency())),
      loudness_threads_(limits.pipelines, kBackground, entering(media_fence_)),
      pipeline_threads_(limits.pipelines, kBehindIo, entering(media_fence_)) {}

template <typename Result>
std::unique_ptr<PendingWork> Transcoder::run(WorkerThreads& threads, std::function<Result(const std::stop_token&)> work,
                                             std::function<void(Result)> done) {
    const auto detached = std::make_shared<bool>(false);
    return cancellable(detached,
                       threads.start([this, work = std::move(work), done = std::move(done), detached](const std::stop_token& stop) {
                           post_([done, detached, result = work(stop)] {
                               if (!*detached) done(result);
                           });
                       }));
}

namespace {

// What `work` gives, or why it gives nothing.
template <typename Result, typename Work>
std::variant<Result, TranscodeError> attempt(const Work& work) {
    try {
        return work();
    } catch (const TranscodeFailure& failure) {
        return failure.value();
    } catch (const std::exception& error) {
        spdlog::error("resolving failed: {}", error.what());
        return TranscodeError{Fault::internal, "The link could not be opened; the server's log says why."};
    }
}

}  // namespace

std::unique_ptr<PendingWork> Transcoder::resolve(const std::string& link, std::function<void(Resolved)> done) {
    const auto work = [this, link](const std::stop_token& stop) {
        return attempt<Track>([&]() -> Resolved {
            Track track = resolver_.resolve(link, stop);
            if (auto refusal = refuse_length(track.duration)) return *std::move(refusal);
            return track;
        });
    };
    return run<Resolved>(resolve_threads_, work, std::move(done));
}

std::unique_ptr<PendingWork> Transcoder::list(const std::string& link, std::size_t most, std::function<void(ListedOrError)> done) {
    const auto work = [this, link, most](const std::stop_token& stop) {
        return attempt<Listing>([&]() -> ListedOrError { return resolver_.list(link, most, stop); });
    };
    return run<ListedOrError>(list_threads_, work, std::move(done));
}

std::unique_ptr<PendingWork> Transcoder::search(const std::string& words, std::size_t most, std::function<void(ListedOrError)> done) {
    const auto work = [this, words, most](const std::stop_token& stop) {
        return attempt<Listing>([&]() -> ListedOrError { return resolver_.search(words, most, stop); });
    };
    return run<ListedOrError>(list_threads_, work, std::move(done));
}

void Transcoder::browse(const std::string& folder, const std::string& words, const std::function<void(Browsed)>& done) {
    constexpr std::size_t kMost = 500;
    if (!library_) {
        done(TranscodeError{Fault::not_found, "This server has no library of its own."});
        return;
    }
    const auto started = library_threads_.start([this, folder, words, done](const std::stop_token&) {
        Browsed result;
        try {
            result = words.empty() ? library_->list(folder, kMost) : library_->search(words, kMost);
        } catch (const TranscodeFailure& failure) {
            result = failure.value();
        } catch (const std::exception& error) {
            spdlog::error("browsing the library failed: {}", error.what());
            result = TranscodeError{Fault::internal, "The library cannot be read; the server's log says why."};
        }
        post_([done, result] { done(result); });
    });
    if (!started) done(TranscodeError{Fault::too_busy, "Many people are looking through the library just now. Try again in a moment."});
}

std::optional<TranscodeError> Transcoder::refuse_length(std::optional<MediaDuration> duration) const {
    if (!limits_.duration || duration.value_or(MediaDuration{0}) <= *limits_.duration) return std::nullopt;
    const auto text = [](MediaDuration length) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(length).count();
        std::array<char, 32> buffer{};
        std::snprintf(buffer.data(), buffer.size(), "%lld:%02lld:%02lld", static_cast<long long>(seconds / 3600),
                      static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
        return std::string(buffer.data());
    };
    return TranscodeError{Fault::too_long, "This track is " + text(*duration) +
                                               " (hours, minutes, seconds) long; this server plays tracks of up to " +
                                               text(*limits_.duration) + "."};
}

std::unique_ptr<PendingWork> Transcoder::fetch_artwork(const std::string& url, std::function<void(std::optional<Artwork>)> done) {
    const auto work = [this, url](const std::stop_token& stop) -> std::optional<Artwork> {
        try {
            return transcoder::fetch_artwork(url, addresses_, stop);
        } catch (const std::exception& error) {
            spdlog::error("fetching a picture failed: {}", error.what());
            return std::nullopt;
        }
    };
    return run<std::optional<Artwork>>(artwork_threads_, work, std::move(done));
}

std::shared_ptr<const Media> Transcoder::load(const Track& track, std::function<void(const std::string&)> on_trouble) {
    if (!track.file.empty() || track.is_live) return std::make_shared<const Media>(track, addresses_, nullptr);
    SpoolOptions options;
    options.directory = directory_;
    options.addresses = addresses_;
    options.limits = limits_.spool;
    options.resolve_again = [this, link = track.link](const std::stop_token& stop) { return resolver_.resolve(link, stop); };
    options.on_trouble = [post = post_, on_trouble = std::move(on_trouble)](const std::string& trouble) {
        post([on_trouble, trouble] { on_trouble(trouble); });
    };
    auto spool = Spool::open(pull_threads_, track, std::move(options));
    if (!spool) return nullptr;
    return std::make_shared<const Media>(track, addresses_, std::move(spool));
}

std::unique_ptr<PendingWork> Transcoder::measure(std::shared_ptr<const Media> media, std::function<void(const Loudness&)> on_estimate) {
    if (!media->kept()) return nullptr;
    const auto detached = std::make_shared<bool>(false);
    const auto tell = [this, on_estimate = std::move(on_estimate), detached](const Loudness& loudness) {
        post_([on_estimate, detached, loudness] {
            if (!*detached) on_estimate(loudness);
        });
    };
    return cancellable(detached, loudness_threads_.start([this, media = std::move(media), tell](const std::stop_token& stop) {
        try {
            loudness_turns_.take(stop, [&] { measure_loudness(media, stop, tell); });
        } catch (const std::exception& error) {
            // Whoever plays it meets the same, and says so.
            if (!stop.stop_requested()) spdlog::info("a track's loudness could not be measured to its end: {}", error.what());
        }
    }));
}

std::unique_ptr<Pipeline> Transcoder::open(std::shared_ptr<const Media> media, PipelineStart start, PipelineEvents events) {
    return Pipeline::start(pipeline_threads_, post_, std::move(media), start, std::move(events));
}

}  // namespace musicspace::transcoder
