#pragma once
// What a Spool's readers and its pulling thread share. Included by spool.cpp and spool_puller.cpp only.

#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>

#include "transcoder/source/spool.h"
#include "transcoder/source/spool_file.h"

namespace musicspace::transcoder {

struct Spool::Shared {
    Shared(const Track& wanted, SpoolOptions wishes) : options(std::move(wishes)), track(wanted) {}
    ~Shared() {
        have.clear();
        note_held();
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    /// What this spool may hold now. Asks the disk.
    [[nodiscard]] SpoolLimits limits() const;
    /// Reports to the shared space what has come or gone.
    void note_held();
    void fail(TranscodeError error);

    [[nodiscard]] PullSituation situation() const {
        return {have, size, waiting.empty() ? std::nullopt : std::optional(waiting.back()), reader_at};
    }

    const SpoolOptions options;
    Track track;  ///< pulling thread only

    mutable std::mutex mutex;
    std::condition_variable_any changed;  ///< bytes came, a reader waits, or pulling ended
    std::optional<SpoolFile> file;        ///< opened by the pulling thread, before the first byte
    ByteRanges have;
    std::int64_t reported = 0;  ///< bytes of `have` that the shared space knows of
    std::optional<std::int64_t> size;
    bool answered = false;            ///< the site has: `size` is what it tells
    std::list<std::int64_t> waiting;  ///< bytes that blocked readers want, the newest reader's last
    std::int64_t reader_at = 0;
    std::uint64_t edition = 1;
    std::optional<TranscodeError> failure;  ///< pulling was given up
    HttpTransfer* transfer = nullptr;       ///< to wake it from a wait for bytes that are not the wanted ones
};

/// The pulling thread's work.
class Spool::Puller {
public:
    Puller(std::shared_ptr<Shared> shared, std::stop_token stop);
    ~Puller();
    Puller(const Puller&) = delete;
    Puller& operator=(const Puller&) = delete;

    void run();

private:
    void open_file();
    std::optional<Pull> wait_for_work();
    [[nodiscard]] std::chrono::milliseconds follow(const Pull& pull);
    void take(const std::vector<std::uint8_t>& bytes, std::int64_t offset);
    void keep(const std::vector<std::uint8_t>& bytes, std::int64_t offset);
    void discard_down_to(const SpoolLimits& limits);
    void note_answer();
    void note_end();
    void recover(const TransferFailure& failure);
    void resolve_again();
    void pause(std::chrono::milliseconds time);
    void give_up(TranscodeError error);
    void tell(const std::string& trouble);

    const std::shared_ptr<Shared> shared_;
    const std::stop_token stop_;
    HttpTransfer transfer_;
    PullHistory history_;
    std::optional<std::int64_t> asked_to_;                           ///< of the transfer under way
    std::optional<std::chrono::steady_clock::time_point> leave_at_;  ///< when the transfer under way is given up for another
    bool in_trouble_ = false;
};

}  // namespace musicspace::transcoder
