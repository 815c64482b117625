#pragma once
// Which bytes of a file are held: disjoint runs [from, to), neighbours joined. A value; pure.

#include <cstdint>
#include <map>
#include <optional>

namespace musicspace::transcoder {

class ByteRanges {
public:
    /// Empty and reversed ranges are ignored.
    void add(std::int64_t from, std::int64_t to);
    void remove(std::int64_t from, std::int64_t to);
    void clear();

    /// End of the run that holds `at`; `at` itself where that byte is not held.
    [[nodiscard]] std::int64_t end_of_run(std::int64_t at) const;
    /// Start of the first run that begins at or behind `at`; nothing when there is none.
    [[nodiscard]] std::optional<std::int64_t> next_run(std::int64_t at) const;
    /// Lowest byte held; nothing when empty.
    [[nodiscard]] std::optional<std::int64_t> front() const;
    [[nodiscard]] std::int64_t total() const { return total_; }
    [[nodiscard]] std::size_t runs() const { return runs_.size(); }

private:
    std::map<std::int64_t, std::int64_t> runs_;  ///< from -> to
    std::int64_t total_ = 0;
};

}  // namespace musicspace::transcoder
