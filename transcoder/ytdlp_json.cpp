#include "transcoder/ytdlp_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

namespace musicspace::transcoder {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxUrlBytes = 16U << 10U;  // signed media URLs are 1 to 4 KB long

// The fields of an answer and of its entries that are read. What is added to the readers is added here.
constexpr std::array<std::string_view, 22> kRead{
    "entries",      "playlist_count", "webpage_url", "url",       "track",      "title",       "fulltitle",
    "id",           "artist",         "creator",     "channel",   "uploader",   "duration",    "downloader_options",
    "http_headers", "is_live",        "chapters",    "thumbnail", "thumbnails", "live_status", "ie_key",
    "_type"};

// Deep nesting, long strings, and long runs of blanks or digits cost a parser many times their size: they are refused before it sees them.
bool has_sane_shape(std::string_view json, const AnswerLimits& limits) {
    constexpr std::size_t kLongestRun = 64U << 10U;
    std::size_t depth = 0;
    std::size_t run = 0;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const char c = json[at];
        const bool is_mark = std::string_view("[]{},:\"").find(c) != std::string_view::npos;
        run = is_mark ? 0 : run + 1;
        if (run > kLongestRun) return false;
        if (c == '[' || c == '{') {
            if (++depth > limits.depth) return false;
        } else if (c == ']' || c == '}') {
            if (depth > 0) --depth;
        } else if (c == '"') {
            const std::size_t first = ++at;
            while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2 : 1;
            if (at - first > limits.text_bytes) return false;
        }
    }
    return true;
}

// The code unit that an escape of JSON, \uXXXX, stands for at `at`; nothing where there is none.
std::optional<unsigned> escaped_unit(std::string_view json, std::size_t at) {
    constexpr std::size_t kDigits = 4;
    if (json.size() - at < 2 + kDigits || json[at] != '\\' || json[at + 1] != 'u') return std::nullopt;
    unsigned unit = 0;
    const char* const first = json.data() + at + 2;
    const auto [end, error] = std::from_chars(first, first + kDigits, unit, 16);
    return error == std::errc() && end == first + kDigits ? std::optional(unit) : std::nullopt;
}

// Python writes half of a surrogate pair where a site has cut a title within a character; a parser of JSON refuses the whole text for it.
// The text with U+FFFD for each such half; nothing where there is none.
std::optional<std::string> with_whole_characters(std::string_view json) {
    constexpr std::size_t kEscape = 6;
    const auto is_high = [](unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; };
    const auto is_low = [](unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; };
    std::optional<std::string> whole;
    for (std::size_t at = json.find('\\'); at < json.size(); at = json.find('\\', at)) {
        const auto unit = escaped_unit(json, at);
        if (!unit) {
            at += 2;  // another escape
            continue;
        }
        const auto next = is_high(*unit) && at + kEscape < json.size() ? escaped_unit(json, at + kEscape) : std::nullopt;
        const bool is_pair = next && is_low(*next);
        if (!is_pair && (is_high(*unit) || is_low(*unit))) {
            if (!whole) whole = json;
            whole->replace(at, kEscape, "\\ufffd");
        }
        at += is_pair ? 2 * kEscape : kEscape;
    }
    return whole;
}

// Without half a character at the end.
void cut(std::string& text, std::size_t most) {
    if (text.size() <= most) return;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
    text.resize(most);
}

// Builds a value from a parser's events. The answer's object, and those in the list `entries` of such an object, keep the fields that
// are read.
class Builder : public nlohmann::json_sax<Json> {
public:
    explicit Builder(const AnswerLimits& limits) : limits_(limits) {}

    [[nodiscard]] Json& answer() { return answer_; }

    bool null() override { return add(Json()); }
    bool boolean(bool value) override { return add(Json(value)); }
    bool number_integer(std::int64_t value) override { return add(Json(value)); }
    bool number_unsigned(std::uint64_t value) override { return add(Json(value)); }
    bool number_float(double value, const std::string& /*written*/) override { return add(Json(value)); }
    bool binary(binary_t& /*value*/) override { return false; }
    bool string(std::string& value) override {
        if (skips()) return true;
        cut(value, limits_.kept_text_bytes);
        return take_bytes(value.size()) && add(Json(std::move(value)));
    }
    bool start_object(std::size_t /*count*/) override { return start(Json::object()); }
    bool start_array(std::size_t /*count*/) override { return start(Json::array()); }
    bool end_object() override { return end(); }
    bool end_array() override { return end(); }
    bool key(std::string& name) override {
        if (skipped_depth_ > 0) return true;
        skips_value_ = chooses_fields() && !std::ranges::count(kRead, std::string_view(name));
        if (skips_value_) return true;
        cut(name, limits_.kept_text_bytes);
        key_ = name;
        return take_bytes(name.size());
    }
    bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const nlohmann::detail::exception& /*error*/) override {
        return false;
    }

private:
    struct Open {
        Json* value;
        bool chooses_fields;  ///< it is an answer
        bool holds_answers;   ///< it is a list of such
    };

    [[nodiscard]] bool skips() const { return skipped_depth_ > 0 || skips_value_; }
    [[nodiscard]] bool chooses_fields() const { return !open_.empty() && open_.back().chooses_fields; }
    bool take_bytes(std::size_t count) {
        bytes_ += count;
        return bytes_ <= limits_.kept_bytes;
    }

    Json* place(Json value) {
        if (++values_ > limits_.kept_values) return nullptr;
        if (open_.empty()) return &(answer_ = std::move(value));
        Json& parent = *open_.back().value;
        if (parent.is_object()) return &(parent[key_] = std::move(value));
        parent.push_back(std::move(value));
        return &parent.back();
    }

    bool add(Json value) {
        if (skipped_depth_ > 0) return true;
        if (skips_value_) {
            skips_value_ = false;
            return true;
        }
        return place(std::move(value)) != nullptr;
    }

    bool start(Json empty) {
        if (skips()) {
            ++skipped_depth_;
            return true;
        }
        if (open_.empty() && !empty.is_object()) return false;
        const bool chooses_now = empty.is_object() && (open_.empty() || open_.back().holds_answers);
        const bool holds_answers = empty.is_array() && chooses_fields() && key_ == "entries";
        Json* const value = place(std::move(empty));
        if (value == nullptr) return false;
        open_.push_back({value, chooses_now, holds_answers});
        return true;
    }

    bool end() {
        if (skipped_depth_ > 0) {
            if (--skipped_depth_ == 0) skips_value_ = false;
        } else {
            open_.pop_back();
        }
        return true;
    }

    const AnswerLimits limits_;
    Json answer_;
    std::vector<Open> open_;  // pointers into a list that grows stay good: only the last element of each is open
    std::string key_;
    bool skips_value_ = false;  // the next value belongs to a field that nobody reads
    std::size_t skipped_depth_ = 0;
    std::size_t values_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace

std::optional<Json> read_answer(std::string_view json, const AnswerLimits& limits) {
    if (!has_sane_shape(json, limits)) return std::nullopt;
    const auto mended = with_whole_characters(json);
    Builder builder(limits);
    if (!Json::sax_parse(mended ? *mended : json, &builder) || !builder.answer().is_object()) return std::nullopt;
    return std::move(builder.answer());
}

std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string first_of(const Json& object, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
        if (std::string text = text_of(object, key); !text.empty()) return text;
    }
    return {};
}

std::optional<MediaDuration> duration_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return std::nullopt;
    const double seconds = found->get<double>();
    if (!std::isfinite(seconds) || seconds < 0 || seconds >= 1e8) return std::nullopt;
    return MediaDuration(std::llround(seconds * static_cast<double>(kSampleRate)));
}

bool is_http(const std::string& url) { return url.size() <= kMaxUrlBytes && (url.starts_with("http://") || url.starts_with("https://")); }

}  // namespace musicspace::transcoder
