#pragma once
// A pipeline's work, on its thread. Included by pipeline.cpp and pipeline_work.cpp only.

#include <array>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>

#include "transcoder/encode_lane.h"
#include "transcoder/opus_passage.h"
#include "transcoder/pipeline.h"

namespace musicspace::transcoder {

struct Pipeline::Shared {
    Post post;
    PipelineEvents events;  // called on the I/O thread only
    bool detached = false;  // I/O thread only

    std::mutex mutex;
    std::condition_variable_any changed;
    MediaTime limit{};
    WantedTiers wanted;
    MediaTime wanted_from{};  ///< where tiers that are new in `wanted` start
};

class Pipeline::Work {
public:
    Work(std::shared_ptr<Shared> shared, std::shared_ptr<const Media> media, PipelineStart start, std::stop_token stop);

    void run();

private:
    void open(MediaTime position);
    [[nodiscard]] std::unique_ptr<Demuxer> opened();
    void go_on_in_new_file();
    bool take_orders();
    void add_tier(Tier tier, MediaTime from);
    void remove_tier(Tier tier);
    bool work_once();
    void step_lane(EncodeLane& lane);
    void step_passage();
    void end_passage_early();
    void join_lanes();
    void keep(Tier tier, Packet packet);
    void flush(Tier tier);
    void flush_all();
    template <typename Event>
    void post(Event event);

    const std::shared_ptr<Shared> shared_;
    const std::shared_ptr<const Media> media_;
    const std::stop_token stop_;
    std::unique_ptr<Demuxer> first_demuxer_;  ///< until somebody uses it
    BlockGrid grid_;
    bool passes_through_ = false;
    TierSet made_;        ///< tiers that are being made
    WantedTiers wanted_;  ///< the orders they follow from
    std::list<EncodeLane> lanes_;
    std::optional<OpusPassage> passage_;
    MediaTime passage_at_{};  ///< of its next packet
    bool passage_ended_ = false;
    bool end_told_ = false;
    int reopened_ = 0;
    std::array<std::vector<Packet>, kTierCount> batches_;
    std::array<bool, kTierCount> sent_any_{};
    std::vector<EncodeLane::Made> fresh_;
};

}  // namespace musicspace::transcoder
