#include "relay/metrics.h"

#include <array>
#include <string_view>

namespace musicspace::relay {

std::string metrics_text(const Metrics& metrics) {
    struct Row {
        std::string_view name;
        std::string_view type;
        std::string_view help;
        std::uint64_t value;
    };
    const std::array rows{
        Row{"musicspace_rooms", "gauge", "Rooms that exist.", metrics.rooms},
        Row{"musicspace_listeners", "gauge", "WebSocket connections that joined a room.", metrics.listeners},
        Row{"musicspace_pipelines", "gauge", "Transcodes under way.", metrics.pipelines},
        Row{"musicspace_frames_made_total", "counter", "Audio frames built.", metrics.frames_made},
        Row{"musicspace_frames_sent_total", "counter", "Audio frames written to sockets.", metrics.frames_sent},
        Row{"musicspace_frame_bytes_sent_total", "counter", "Bytes of audio frames written to sockets.", metrics.frame_bytes_sent},
        Row{"musicspace_frames_dropped_total", "counter", "Frames dropped because a listener was too slow.", metrics.frames_dropped},
        Row{"musicspace_commands_total", "counter", "Control commands received.", metrics.commands},
        Row{"musicspace_commands_refused_total", "counter", "Control commands refused.", metrics.commands_refused},
        Row{"musicspace_stalls_total", "counter", "Times a source was too slow and its room had to wait.", metrics.stalls},
        Row{"musicspace_journal_dropped_total", "counter", "Database writes given up.", metrics.journal_dropped},
    };
    std::string text;
    for (const Row& row : rows) {
        text.append("# HELP ")
            .append(row.name)
            .append(" ")
            .append(row.help)
            .append("\n# TYPE ")
            .append(row.name)
            .append(" ")
            .append(row.type);
        text.append("\n").append(row.name).append(" ").append(std::to_string(row.value)).append("\n");
    }
    return text;
}

}  // namespace musicspace::relay
