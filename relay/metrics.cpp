#include "relay/metrics.h"

#include <sstream>
#include <string_view>

namespace musicspace::relay {

void Histogram::observe(double value) {
    ++count_;
    sum_ += value;
    for (std::size_t i = 0; i < kBounds; ++i) {
        if (value <= bounds_.at(i)) {
            ++counts_.at(i);
            return;
        }
    }
}

std::string Histogram::text(const std::string& name, const std::string& help) const {
    std::ostringstream text;
    text << "# HELP " << name << ' ' << help << "\n# TYPE " << name << " histogram\n";
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kBounds; ++i) {
        below += counts_.at(i);
        text << name << "_bucket{le=\"" << bounds_.at(i) << "\"} " << below << '\n';
    }
    text << name << "_bucket{le=\"+Inf\"} " << count_ << '\n' << name << "_sum " << sum_ << '\n' << name << "_count " << count_ << '\n';
    return text.str();
}

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
        Row{"musicspace_skips_total", "counter", "Times a listener was skipped to live because its line was too slow.", metrics.skips},
        Row{"musicspace_connections_refused_total", "counter", "Connections refused because their address had too many.",
            metrics.connections_refused},
        Row{"musicspace_rooms_refused_total", "counter", "Rooms not made because their address had made too many.", metrics.rooms_refused},
        Row{"musicspace_listeners_refused_total", "counter", "Listeners refused because a room was full.", metrics.listeners_refused},
        Row{"musicspace_codes_refused_total", "counter", "Requests refused because many unknown room codes had been tried.",
            metrics.codes_refused},
        Row{"musicspace_members_refused_total", "counter", "Memberships refused because an address or a room had many new ones.",
            metrics.members_refused},
        Row{"musicspace_texts_refused_total", "counter", "Messages refused unread because their address had sent much.",
            metrics.texts_refused},
        Row{"musicspace_work_refused_total", "counter", "Links, searches, pictures and tracks refused for want of a free slot.",
            metrics.work_refused},
        Row{"musicspace_rooms_evicted_total", "counter", "Empty rooms removed before their time because there were too many.",
            metrics.rooms_evicted},
        Row{"musicspace_too_talkative_total", "counter", "Listeners sent away because they sent too many messages.", metrics.too_talkative},
        Row{"musicspace_talk_dropped_total", "counter", "Chat lines and reactions not sent because there were too many.",
            metrics.talk_dropped},
        Row{"musicspace_handlers_failed_total", "counter", "Pieces of work that failed in a way nobody foresaw.", metrics.handlers_failed},
        Row{"musicspace_accept_pauses_total", "counter", "Times no connection was accepted for want of descriptors.",
            metrics.accept_pauses},
        Row{"musicspace_stuck_total", "counter", "Listeners sent away because their lines took nothing for 20 s.", metrics.stuck},
        Row{"musicspace_tiers_lowered_total", "counter", "Times a listener got a lower bit rate because of its line.",
            metrics.tiers_lowered},
        Row{"musicspace_tiers_raised_total", "counter", "Times a listener got a higher bit rate again.", metrics.tiers_raised},
        Row{"musicspace_commands_total", "counter", "Control commands received.", metrics.commands},
        Row{"musicspace_commands_refused_total", "counter", "Control commands refused.", metrics.commands_refused},
        Row{"musicspace_stalls_total", "counter", "Times a source was too slow and its room had to wait.", metrics.stalls},
        Row{"musicspace_journal_waiting", "gauge", "Database writes that wait.", metrics.journal_waiting},
        Row{"musicspace_journal_dropped_total", "counter", "Database writes dropped because too many waited.", metrics.journal_dropped},
        Row{"musicspace_journal_refused_total", "counter", "Database writes given up because the database would never take them.",
            metrics.journal_refused},
        Row{"musicspace_journal_skipped_total", "counter", "Events not recorded because their room had too many within a second.",
            metrics.journal_skipped},
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
    text +=
        metrics.sync_error_ms.text("musicspace_sync_error_ms", "How far listeners' sound is from where it should be, as they report it.");
    text += metrics.rtt_ms.text("musicspace_rtt_ms", "Listeners' shortest round trips, as they report them.");
    text += metrics.buffer_ms.text("musicspace_buffer_ms", "Sound that listeners hold ahead, as they report it.");
    return text;
}

}  // namespace musicspace::relay
