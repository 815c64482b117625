#pragma once
// The one gate for text from outside: what people type, and what sites, tags, playlists and the database say. Pure.
//
// Line breaks and tabs become a space. Dropped are NUL and the other control characters, direction marks, overrides and isolates, tag
// characters except those of an emoji flag, noncharacters, and all else that has no shape of its own. Joiners (U+200C, U+200D) and
// variation selectors stay where they join or vary something. A character is what a reader takes for one (an extended grapheme cluster):
// it keeps kMostMarks combining marks and kMostPoints code points. HTML and emoji are text like any other.

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace musicspace {

/// How long a text may be: in characters, and in bytes, which bound those of many code points.
struct TextLimit {
    std::size_t characters;
    std::size_t bytes;
};

// Typed by people, who are told when it is too long.
inline constexpr TextLimit kNameText{40, 320};
inline constexpr TextLimit kRoomNameText{60, 480};
inline constexpr TextLimit kChatText{500, 4'000};
inline constexpr TextLimit kSearchText{200, 1'600};
// Said by programs: cut.
inline constexpr TextLimit kTitleText{300, 1'200};
inline constexpr TextLimit kArtistText{300, 1'200};
inline constexpr TextLimit kChapterText{100, 400};
inline constexpr TextLimit kLabelText{50, 340};  ///< a name, and a number that tells people of one name apart
inline constexpr TextLimit kNoticeText{500, 2'000};
inline constexpr TextLimit kPathText{1'000, 4'096};
inline constexpr TextLimit kVersionText{60, 240};

inline constexpr int kMostMarks = 6;    ///< Hebrew needs three, Vietnamese two
inline constexpr int kMostPoints = 16;  ///< a couple of two skin tones with a heart takes ten

enum class TextFault { empty, too_long, not_utf8 };

/// What a person typed as one line without blanks around it, or what is wrong: nothing to see in it, too long, or no UTF-8.
[[nodiscard]] std::variant<std::string, TextFault> check_text(std::string_view text, TextLimit limit);

/// What a program said, as one line that is cut between characters. Bytes that are no UTF-8 become U+FFFD. Empty when there is nothing to
/// see in it.
[[nodiscard]] std::string shown_text(std::string_view text, TextLimit limit);

/// `text` in Unicode's composed form (NFC); as it is when it is no UTF-8.
[[nodiscard]] std::string composed(std::string_view text);

/// The same for texts that differ only in capitals, in how their characters are composed, or in what has no shape.
[[nodiscard]] std::string folded(std::string_view text);

}  // namespace musicspace
