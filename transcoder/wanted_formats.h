#pragma once
// Which of FFmpeg's parts are ever opened on what comes from outside. All else in it stays shut: pictures, subtitles, and containers
// that name other files (concat, tee, image sequences, SDP...), since a link must never reach the server's own files.

namespace musicspace::transcoder {

/// FFmpeg's names of demuxers. Each stands for a kind of file that sound comes in.
inline constexpr const char* kWantedFormats =
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,hls,matroska,mov,mp3,mpeg,mpegts,ogg,tta,w64,wav,wv";

/// FFmpeg's names of decoders: of sound only.
inline constexpr const char* kWantedDecoders =
    "aac,aac_fixed,aac_latm,ac3,ac3_fixed,adpcm_adx,adpcm_g722,adpcm_g726,adpcm_g726le,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,"
    "adpcm_yamaha,alac,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,ape,dca,eac3,flac,gsm,gsm_ms,libgsm,libgsm_ms,mlp,mp1,mp1float,"
    "mp2,mp2float,mp3,mp3float,nellymoser,opus,libopus,pcm_alaw,pcm_bluray,pcm_dvd,pcm_f16le,pcm_f24le,pcm_f32be,pcm_f32le,pcm_f64be,"
    "pcm_f64le,pcm_mulaw,pcm_s16be,pcm_s16le,pcm_s16be_planar,pcm_s16le_planar,pcm_s24be,pcm_s24le,pcm_s24le_planar,pcm_s32be,"
    "pcm_s32le,pcm_s32le_planar,pcm_s64be,pcm_s64le,pcm_s8,pcm_s8_planar,pcm_u16be,pcm_u16le,pcm_u24be,pcm_u24le,pcm_u32be,pcm_u32le,"
    "pcm_u8,qdm2,speex,libspeex,truehd,tta,vorbis,libvorbis,wavpack,wmalossless,wmapro,wmav1,wmav2,wmavoice";

}  // namespace musicspace::transcoder
