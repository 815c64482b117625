// What files and the sites that they come from may ask for.

import { integration, unit, type Entry } from './entry';
import { after, constant, derived, given, MEGA, MINUTE, option, per, SECOND } from './source';

const GUARD = 'transcoder/demux_guard.h';
const AUDIO = 'transcoder/demuxed_audio.cpp';
const TRANSFER = 'transcoder/source/http_transfer.cpp';
const SPACE = 'transcoder/source/spool_space.h';
const SAMPLES = SECOND / 48_000;
const oneIn = (parts: number): number => 1 / parts;

export const media: readonly Entry[] = [
  {
    what: "time from a link's address to its first half second of sound, where it has not sounded yet",
    values: [constant('transcoder/opening.h', 'enough', SAMPLES), constant('transcoder/opening.h', 'time')],
    proof: [unit('hostile_media', 'HostileMedia.ASiteThatSendsTooSlowlyIsGivenUpInTime')],
  },
  {
    what: 'bytes read before the first packet of sound (tags, pictures, tables); of all files that playlists name',
    values: [constant(GUARD, 'kMostBytesBeforeSound'), constant(GUARD, 'kMostNestedBytesBeforeSound')],
    proof: [unit('hostile_media', 'HostileMedia.ATagWithoutEndIsGivenUp'), unit('demux_guard', 'DemuxGuard.CountsBytesUntilThereIsSound')],
  },
  {
    what: 'containers and codecs',
    values: [],
    proof: [unit('wanted_formats', 'WantedFormats.HoldNoDecoderThatIsNotOfSound'), integration('hostile_media', 'a film is heard, and its pictures are never decoded')],
  },
  {
    what: "a track's length",
    values: [option('--max-duration', MINUTE)],
    proof: [integration('limits', 'a track that is too long is refused, with both lengths')],
  },
  {
    what: 'samples a second',
    values: [constant(AUDIO, 'kLowestRate'), constant(AUDIO, 'kHighestRate')],
    proof: [unit('hostile_media', 'OddRates.AreRefused')],
  },
  {
    what: "samples in a codec's frame, those of all channels together; taken on at once",
    values: [constant(AUDIO, 'kMostValuesInFrame'), constant('transcoder/decoder.cpp', 'kMostSamplesInPiece')],
    proof: [integration('hostile_media', 'frames of more than a million samples are lost'), unit('hostile_media', 'HostileMedia.TheLowestRatePlaysInSmallPieces')],
  },
  {
    what: 'channels',
    values: [given(64, 'SWR_CH_MAX, which FFmpeg is built with and shows in no header')],
    proof: [unit('hostile_media', 'HostileMedia.ManyChannelsPlayOrAreRefused')],
  },
  {
    what: 'streams in a file; tracks in an MP4 that comes in fragments',
    values: [constant('transcoder/demuxer.cpp', 'kMostStreams'), constant(GUARD, 'kMostFragmentedTracks')],
    proof: [integration('hostile_media', 'a file of 65 streams is refused, one of 64 plays'), unit('demux_guard', 'DemuxGuard.CountsWhatTablesAnnounce')],
  },
  {
    what: "samples that an MP4's tables announce",
    values: [constant(GUARD, 'kMostSamplesClaimed')],
    asides: ['(15 hours of AAC)'],
    proof: [unit('hostile_media', 'HostileMedia.TablesThatClaimMillionsAreRefused'), unit('demux_guard', 'DemuxGuard.CountsWhatTablesAnnounce')],
  },
  {
    what: "one piece of memory of FFmpeg's",
    values: [constant(GUARD, 'kLargestAllocation')],
    proof: [unit('demux_guard', 'Demuxer.BoundsWhatFFmpegTakesAtOnce'), integration('hostile_media', 'packets.caf')],
  },
  {
    what: 'damaged packets in a row',
    values: [constant('transcoder/demuxer.h', 'kMaxDamagedInARow')],
    proof: [integration('hostile_media', 'four hundred damaged packets are passed over, six hundred end the track')],
  },
  {
    what: 'playlists that HLS playlists lead to',
    values: [],
    proof: [unit('hostile_media', 'HostileMedia.AMasterPlaylistThatNamesItselfIsRefused')],
  },
  {
    what: 'files that a playlist names, opened before the first packet of sound',
    values: [constant(GUARD, 'kMostNestedBeforeSound')],
    proof: [unit('hostile_media', 'HostileMedia.AMasterPlaylistOfThousandsIsRefused')],
  },
  {
    what: 'requests for such files',
    values: [constant(GUARD, 'kNestedBurst'), per(SECOND, constant(GUARD, 'kNestedPerSecond'))],
    proof: [unit('hostile_media', 'HostileMedia.ALivePlaylistIsNotAskedForWithoutPause')],
  },
  {
    what: 'bytes of one such file',
    values: [constant('transcoder/source/av_reader.cpp', 'kMostNestedBytes')],
    proof: [unit('demux_guard', 'AvReader.EndsAFileThatAPlaylistNamesWhereItIsTooLong')],
  },
  {
    what: 'memory for what playlists name (about 100,000 segments with short addresses)',
    values: [constant(GUARD, 'kMostPlaylistMemory')],
    asides: ['(about 100,000 segments with short addresses)'],
    proof: [unit('hostile_media', 'HostileMedia.APlaylistWithoutEndIsRefused')],
  },
  {
    what: "redirects; a site's answer, and pauses in it",
    values: [after(TRANSFER, 'CURLOPT_MAXREDIRS, '), constant('transcoder/source/http_transfer.h', 'first_byte'), constant('transcoder/source/http_transfer.h', 'stall')],
    proof: [unit('http_transfer', 'HttpTransfer.FollowsFiveRedirectsAndNoMore'), unit('http_transfer', 'HttpTransfer.WaitsSoLongForAnAnswerAndForWhatFollows'), unit('spool', 'SpoolTest.SurvivesEachFaultWithoutAMissingOrRepeatedByte')],
  },
  {
    what: "headers of a site's answers; of a request for media",
    values: [constant(TRANSFER, 'kMostAnswerHeaderBytes'), constant(TRANSFER, 'kMostHeaderBytes')],
    proof: [unit('http_transfer', 'HttpTransfer.ReadsSoManyHeadersOfAnAnswer'), unit('http_transfer', 'HttpTransfer.SendsSoManyHeadersOfARequest')],
  },
  {
    what: 'pause that a site asks for (`Retry-After`)',
    values: [constant('transcoder/source/pull_policy.cpp', 'kLongestAsked')],
    proof: [unit('pull_policy', 'Recovery.ASitesWishToBeLeftAloneIsRespectedWithinReason')],
  },
  {
    what: "a track's title, artist and chapters' titles as read from its file",
    values: [constant('transcoder/demuxer.cpp', 'kMostTagBytes'), constant('transcoder/track.h', 'kMostChapters')],
    proof: [unit('media_tags', 'MediaTags.AreCutAndSoManyChaptersAreRead'), integration('text', 'a title of 4 MB in a file is cut, and loses what hides or forges')],
  },
  {
    what: 'a picture',
    values: [constant('transcoder/artwork.h', 'kMaxArtworkBytes'), constant('transcoder/artwork.h', 'kMostArtworkTime')],
    proof: [unit('http_transfer', 'Artwork.IsNotFetchedWhereItIsTooLargeOrTakesTooLong'), unit('resolver', 'Artwork.OnlyPicturesThatCannotHoldScriptsAreTaken'), integration('source', 'a track’s picture is fetched by the server and served by it, if it is one')],
  },
  {
    what: "a track's bytes on disk",
    values: [option('--spool-size', MEGA), constant('transcoder/source/pull_policy.h', 'ahead')],
    proof: [unit('spool', 'SpoolTest.KeepsNoMoreThanItMayAndPullsLostBytesAgainWhenAsked'), unit('pull_policy', 'NextPull.RunsNoFurtherAheadThanAllowed')],
  },
  {
    what: "all tracks' bytes on disk together",
    values: [option('--spool-total-size', MEGA), derived(after('transcoder/source/spool_space.cpp', 'share - it.total / '), oneIn), constant(SPACE, 'kSmallSpool'), constant(SPACE, 'kLeastSpool')],
    proof: [unit('spool_space', 'SpoolSpace.GivesWhatIsLeftOfTheTotal'), unit('spool_space', 'SpoolSpace.TheLastQuarterIsForSmallSpools'), unit('spool', 'SpoolTest.WhereOthersTakeAllTheSpaceItDoesNotBegin')],
  },
  {
    what: 'free space that tracks leave on the disk',
    values: [derived(constant(SPACE, 'kKeptFreePart'), oneIn), constant(SPACE, 'kMostKeptFree'), constant(SPACE, 'kLeastSpool')],
    proof: [unit('spool_space', 'SpoolSpace.LeavesAPartOfTheDiskFree'), unit('spool', 'SpoolTest.OnADiskThatIsFullItDoesNotBegin')],
  },
  {
    what: 'threads',
    values: [],
    proof: [unit('worker_threads', 'WorkerThreads.APipelineWithoutAThreadFailsAsTooBusy')],
  },
];
