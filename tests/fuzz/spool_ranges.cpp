// The spool's book of what it holds, and what it pulls and lets go next, against a plain list of bytes.

#include <algorithm>
#include <array>
#include <cstdint>

#include "tests/fuzz/demand.h"
#include "transcoder/source/byte_ranges.h"
#include "transcoder/source/pull_policy.h"

using namespace musicspace;
using namespace musicspace::transcoder;

namespace {

constexpr std::int64_t kSize = 256;

class Model {
public:
    void set(std::int64_t from, std::int64_t to, bool held) {
        for (std::int64_t at = from; at < to; ++at) bytes_[static_cast<std::size_t>(at)] = held;
    }
    [[nodiscard]] bool at(std::int64_t place) const { return place < kSize && bytes_[static_cast<std::size_t>(place)]; }
    [[nodiscard]] std::int64_t total() const { return std::ranges::count(bytes_, true); }
    [[nodiscard]] std::int64_t end_of_run(std::int64_t from) const {
        while (at(from)) ++from;
        return from;
    }

private:
    std::array<bool, kSize> bytes_{};
};

void check(const ByteRanges& ranges, const Model& model) {
    demand(ranges.total() == model.total());
    for (std::int64_t at = 0; at < kSize; ++at) demand(ranges.end_of_run(at) == model.end_of_run(at));
}

void check_pull(const PullSituation& situation, const SpoolLimits& limits, const Model& model) {
    const auto pull = next_pull(situation, limits);
    if (!pull) {
        // Whoever waits for a byte that is missing is never left alone.
        demand(!situation.waited_for || model.at(*situation.waited_for) || (situation.size && *situation.waited_for >= *situation.size));
        return;
    }
    demand(pull->from >= 0 && !model.at(pull->from));
    demand(!situation.size || pull->from < *situation.size);
    if (pull->to) {
        demand(*pull->to > pull->from && model.at(*pull->to));
        for (std::int64_t at = pull->from; at < *pull->to; ++at) demand(!model.at(at));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteRanges ranges;
    Model model;
    for (std::size_t i = 0; i + 6 < size; i += 7) {
        const std::int64_t from = std::min(data[i + 1], data[i + 2]);
        const std::int64_t to = std::max(data[i + 1], data[i + 2]);
        if (data[i] % 4 == 0) {
            ranges.remove(from, to);
            model.set(from, to, false);
        } else {
            ranges.add(from, to);
            model.set(from, to, true);
        }
        check(ranges, model);
        const SpoolLimits limits{.bytes = 16 + data[i + 3] % 128, .ahead = 1 + data[i + 4] % 64, .behind = data[i + 4] % 16};
        PullSituation situation{.have = ranges, .reader_at = data[i + 5]};
        if (data[i] & 16) situation.size = kSize - 1;
        if (data[i] & 32) situation.waited_for = data[i + 6];
        check_pull(situation, limits, model);
        // Letting go ends, keeps to the limit, and takes nothing that is not there nor what the reader is about to read.
        while (const auto discard = next_discard(situation, limits)) {
            demand(discard->to && *discard->to > discard->from && model.at(discard->from) &&
                   model.end_of_run(discard->from) >= *discard->to);
            const std::int64_t reader = situation.waited_for.value_or(situation.reader_at);
            demand(reader < discard->from || reader >= *discard->to);
            ranges.remove(discard->from, *discard->to);
            model.set(discard->from, *discard->to, false);
            check(ranges, model);
        }
    }
    return 0;
}
