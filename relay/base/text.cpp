#include "relay/base/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "relay/base/unseen.h"
#include "relay/base/utf8.h"

namespace musicspace {

namespace {

constexpr char32_t kReplacement = 0xfffd;

using Points = std::vector<char32_t>;

struct Decoded {
    Points points;
    bool well_formed = true;
};

// So many times the bytes that may be kept are looked at: a text of megabytes may consist almost wholly of what is dropped.
constexpr std::size_t kLookedAt = 16;

Decoded decoded(std::string_view text, std::size_t most_bytes) {
    Decoded result;
    for (std::size_t at = 0; at < std::min(text.size(), most_bytes);) {
        const auto found = code_point_at(text, at);
        result.points.push_back(found ? found->point : kReplacement);
        result.well_formed = result.well_formed && found;
        at += found ? found->bytes : 1;
    }
    return result;
}

bool is_break(char32_t c) { return (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0x2028 || c == 0x2029; }

// U+2800 is a Braille pattern without dots.
bool is_blank(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ZS || c == 0x2800; }

bool is_mark(char32_t c) {
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

// Counts the tag characters from `at` on that spell a region's flag, including the one that ends it; 0: they spell none.
std::size_t flag_tags(const Points& points, std::size_t at) {
    constexpr char32_t kBlackFlag = 0x1f3f4;
    constexpr char32_t kEnd = 0xe007f;
    constexpr std::size_t kMost = 7;
    if (at == 0 || points[at - 1] != kBlackFlag) return 0;
    for (std::size_t length = 1; length <= kMost && at + length <= points.size(); ++length) {
        const char32_t c = points[at + length - 1];
        if (c == kEnd) return length > 3 ? length : 0;
        if (!(c >= 0xe0030 && c <= 0xe0039) && !(c >= 0xe0061 && c <= 0xe007a)) return 0;
    }
    return 0;
}

// What is left of `points` when all that the gate drops is gone, except for how much belongs to one character.
Points seen(const Points& points) {
    Points kept;
    for (std::size_t at = 0; at < points.size(); ++at) {
        const char32_t c = points[at];
        const char32_t before = kept.empty() ? U' ' : kept.back();
        if (is_tag(c)) {
            const std::size_t tags = flag_tags(points, at);
            if (tags == 0) continue;
            kept.insert(kept.end(), points.begin() + static_cast<std::ptrdiff_t>(at),
                        points.begin() + static_cast<std::ptrdiff_t>(at + tags));
            at += tags - 1;
        } else if (is_break(c)) {
            if (!is_blank(before)) kept.push_back(U' ');
        } else if (is_joiner(c)) {
            if (!is_blank(before) && !is_joiner(before)) kept.push_back(c);
        } else if (is_variation(c)) {
            if (!is_blank(before) && !is_joiner(before) && !is_variation(before)) kept.push_back(c);
        } else if (is_mark(c) && is_blank(before)) {
            continue;  // it would sit on whatever stands before the text
        } else if (!is_unseen(c)) {
            kept.push_back(c);
        }
    }
    const auto end = std::ranges::find_if_not(kept.rbegin(), kept.rend(), is_blank).base();
    kept.erase(end, kept.end());
    kept.erase(kept.begin(), std::ranges::find_if_not(kept, is_blank));
    return kept;
}

bool shows_something(const Points& points) {
    return std::ranges::any_of(
        points, [](char32_t c) { return !is_blank(c) && !is_joiner(c) && !is_variation(c) && !is_mark(c) && c != kReplacement; });
}

struct Cut {
    std::string text;
    bool whole = true;
};

Cut cut(const Points& points, TextLimit limit) {
    Cut result;
    std::size_t characters = 0;
    utf8proc_int32_t state = 0;
    for (std::size_t at = 0; at < points.size();) {
        std::string character;
        int marks = 0;
        int length = 0;
        do {
            const char32_t c = points[at];
            if (++length <= kMostPoints && (!is_mark(c) || is_variation(c) || ++marks <= kMostMarks)) append_utf8(character, c);
            ++at;
        } while (at < points.size() && !utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(points[at - 1]),
                                                                         static_cast<utf8proc_int32_t>(points[at]), &state));
        if (++characters > limit.characters || result.text.size() + character.size() > limit.bytes) {
            result.whole = false;
            break;
        }
        result.text += character;
    }
    while (result.text.ends_with(' ')) result.text.pop_back();
    return result;
}

struct Freed {
    void operator()(utf8proc_uint8_t* text) const { std::free(text); }  // NOLINT(cppcoreguidelines-no-malloc)
};

std::string mapped(std::string_view text, int options) {
    utf8proc_uint8_t* made = nullptr;
    const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                                     &made, static_cast<utf8proc_option_t>(options));
    const std::unique_ptr<utf8proc_uint8_t, Freed> owned(made);
    if (length < 0) return std::string(text);
    return {reinterpret_cast<const char*>(owned.get()), static_cast<std::size_t>(length)};
}

}  // namespace

std::variant<std::string, TextFault> check_text(std::string_view text, TextLimit limit) {
    if (text.size() > limit.bytes * kLookedAt) return TextFault::too_long;
    const Decoded all = decoded(text, text.size());
    if (!all.well_formed) return TextFault::not_utf8;
    const Points points = seen(all.points);
    if (!shows_something(points)) return TextFault::empty;
    Cut result = cut(points, limit);
    if (!result.whole) return TextFault::too_long;
    return std::move(result.text);
}

std::string shown_text(std::string_view text, TextLimit limit) {
    const Points points = seen(decoded(text, limit.bytes * kLookedAt).points);
    return shows_something(points) ? cut(points, limit).text : std::string();
}

std::string composed(std::string_view text) { return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE); }

std::string folded(std::string_view text) { return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE); }

}  // namespace musicspace
