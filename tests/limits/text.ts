// What people, sites and the log may write.

import { integration, unit, type Entry } from './entry';
import { constant, element } from './source';

const TEXT = 'relay/base/text.h';
const characters = (name: string) => element(TEXT, name, 0);
const bytes = (name: string) => element(TEXT, name, 1);
const both = (name: string) => [characters(name), bytes(name)];
const tooLong = integration('text', 'is refused where it is longer than there is room for');
const cut = unit('track_text', 'TrackText.IsCutWhereItIsLongerThanThereIsRoomFor');

export const text: readonly Entry[] = [
  { what: "a person's name, a room's name", values: [characters('kNameText'), characters('kRoomNameText'), bytes('kNameText'), bytes('kRoomNameText')], proof: [tooLong] },
  { what: 'a line of chat', values: both('kChatText'), proof: [tooLong] },
  { what: 'words to search for', values: both('kSearchText'), proof: [tooLong] },
  { what: 'titles, artists', values: both('kTitleText'), proof: [cut, unit('text', 'ShownText.IsCutBetweenCharacters'), integration('text', 'titles that programs queue are cut and cleaned')] },
  {
    what: 'chapters of a track, and their titles',
    values: [constant('transcoder/track.h', 'kMostChapters'), ...both('kChapterText')],
    proof: [cut, unit('resolver', 'YtdlpAnswer.ChaptersAreReadAndNonsenseAmongThemIsNot')],
  },
  { what: 'notices and reasons', values: both('kNoticeText'), proof: [cut] },
  { what: 'paths of the library, as they are shown', values: both('kPathText'), proof: [integration('library', 'a path that is too long to be shown is cut, and its file plays all the same')] },
  { what: 'address of a picture', values: [constant('transcoder/link.h', 'kMaxLinkBytes')], proof: [cut] },
  { what: 'a link', values: [constant('transcoder/link.h', 'kMaxLinkBytes')], proof: [unit('resolver', 'Link.EverythingElseIsRefusedWithASentence'), integration('bad_input', '%.40s is refused kindly')] },
  {
    what: 'a password, of an account and of a room',
    values: [constant('relay/auth/passwords.h', 'kLongestPassword'), constant('relay/auth/passwords.h', 'kShortestPassword')],
    proof: [integration('accounts', 'an account is not made of %j'), integration('membership', 'a room is opened with its password, or not at all')],
  },
  { what: 'a line of the log', values: [constant('relay/base/log_line.h', 'kLongestLogText')], proof: [unit('log', 'LogText.IsBounded')] },
  {
    what: 'lines of the log that wait to be read',
    values: [constant('relay/base/line_writer.h', 'lines'), constant('relay/base/line_writer.h', 'bytes')],
    proof: [unit('log', 'LineWriter.NeverWaitsForAReaderAndDropsTheOldest'), unit('log', 'LineWriter.IsBoundedInBytesToo')],
  },
  { what: 'messages of one connection that are refused', values: [constant('relay/session/session.cpp', 'kApart')], proof: [integration('log', 'a client that sends nonsense is not logged each time')] },
];
