#pragma once
// What a listener's device tells of itself now and then. It is believed for show and for figures, never for anything that matters.

namespace musicspace::relay {

struct SyncReport {
    double error_ms = 0;   ///< by how much its sound is ahead of where it should be
    double rtt_ms = 0;     ///< its shortest round trip
    double buffer_ms = 0;  ///< sound that it holds
};

}  // namespace musicspace::relay
