#pragma once
// A Spool as a Source: one reader's place in it.

#include <stop_token>

#include "transcoder/source/source.h"
#include "transcoder/source/spool.h"

namespace musicspace::transcoder {

class SpoolSource final : public Source {
public:
    SpoolSource(std::shared_ptr<Spool> spool, std::stop_token stop)
        : spool_(std::move(spool)), edition_(spool_->edition()), stop_(std::move(stop)) {}

    [[nodiscard]] std::size_t read(std::span<std::uint8_t> into) override {
        const std::size_t count = spool_->read(edition_, position_, into, stop_, deadline_);
        position_ += static_cast<std::int64_t>(count);
        return count;
    }
    void seek(std::int64_t offset) override { position_ = offset; }
    [[nodiscard]] std::optional<std::int64_t> size() override { return spool_->size(stop_, deadline_); }
    void wait_until(std::optional<Spool::TimePoint> deadline) override { deadline_ = deadline; }

private:
    const std::shared_ptr<Spool> spool_;
    const std::uint64_t edition_;
    const std::stop_token stop_;
    std::int64_t position_ = 0;
    std::optional<Spool::TimePoint> deadline_;
};

}  // namespace musicspace::transcoder
