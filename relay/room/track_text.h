#pragma once
// What sites, tags, playlists and the database say of tracks, through the text gate. Pure.

#include <string>
#include <vector>

#include "transcoder/listing.h"
#include "transcoder/stream_info.h"
#include "transcoder/track.h"
#include "transcoder/transcode_error.h"

namespace musicspace::relay {

void clean(transcoder::Track& track);
void clean(transcoder::StreamInfo& info);
void clean(transcoder::ListedTrack& track);
void clean(transcoder::Listing& listing);
void clean(transcoder::TranscodeError& error);

}  // namespace musicspace::relay
