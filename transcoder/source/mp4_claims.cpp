#include "transcoder/source/mp4_claims.h"

namespace musicspace::transcoder {

namespace {

// Beyond that many tables each counts as often as it is read.
constexpr std::size_t kMostRemembered = 4096;

constexpr std::uint32_t name(const char (&text)[5]) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8U | static_cast<std::uint8_t>(text[i]);
    return value;
}

}  // namespace

void Mp4Claims::feed(std::span<const std::uint8_t> bytes, std::int64_t offset) {
    if (offset != next_) older_ = newer_ = 0;
    for (const std::uint8_t byte : bytes) {
        older_ = older_ << 8U | newer_ >> 56U;
        newer_ = newer_ << 8U | byte;
        look(++offset);
    }
    next_ = offset;
}

bool Mp4Claims::first_seen(std::int64_t offset) { return seen_.size() >= kMostRemembered || seen_.insert(offset).second; }

// `offset`: of the byte that comes next.
void Mp4Claims::look(std::int64_t offset) {
    // The last four words; word(0) is the newest.
    const auto word = [this](unsigned back) { return static_cast<std::uint32_t>((back < 2 ? newer_ : older_) >> (32U * (back % 2))); };
    // Name, version and flags, size of each sample, count of samples.
    if ((word(3) == name("stsz") || word(3) == name("stz2")) && first_seen(offset)) samples_ += word(0);
    // Name, version and flags, count of samples.
    if (word(2) == name("trun") && first_seen(offset)) samples_ += word(0);
    if (word(0) == name("trak") && first_seen(offset)) ++tracks_;
    if (word(0) == name("trex")) fragmented_ = true;
    if (word(1) == name("dcom") && word(0) == name("zlib")) packed_ = true;
}

}  // namespace musicspace::transcoder
