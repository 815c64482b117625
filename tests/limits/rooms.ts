// What rooms and accounts hold.

import { integration, unit, type Entry } from './entry';
import { after, combined, constant, derived, element, option, per, rateLimit, MINUTE, SECOND } from './source';

const BUDGETS = 'relay/address_budgets.h';
const EMPTY = 'relay/room/empty_rooms.h';
const ROOM = 'relay/room/room.cpp';
const RULES = 'relay/room/people_rules.h';
const TRIES = 'relay/auth/sign_in_tries.h';
const members = constant(BUDGETS, 'members_per_10min');
const said = constant(ROOM, 'kMostSaid');
const lives = integration('room_life', 'a room in which nothing happened goes soon, one that was used waits, and its music goes on where it was');
const roomsWindow = after('relay/admission.h', 'rooms_(limits.rooms_per_address, ');

export const rooms: readonly Entry[] = [
  {
    what: 'rooms created from one address',
    values: [combined(option('--rooms-per-address'), roomsWindow, (most, window) => most / window)],
    proof: [integration('crowd', 'one address makes so many rooms and has so many connections, as the proxy tells it; others are not concerned')],
  },
  {
    what: 'listeners of a room',
    values: [option('--room-size')],
    proof: [integration('crowd', 'more than fifty listen: the first fifty are listed, the number of all is told; one more than the room takes is turned away')],
  },
  {
    what: "listeners whom a room's state names",
    values: [constant('relay/room/state_json.h', 'kListedMembers')],
    proof: [integration('crowd', 'more than fifty listen: the first fifty are listed, the number of all is told; one more than the room takes is turned away')],
  },
  {
    what: 'tracks in a queue',
    values: [constant('relay/room/queue_rules.h', 'kMostQueued')],
    proof: [unit('queue_rules', 'QueueRules.TheQueueIsBounded'), integration('queue', 'a playlist becomes its tracks, up to the limit; what does not play is marked and passed over')],
  },
  {
    what: 'lines of chat, reactions of one member',
    values: [said, combined(said, after(ROOM, 'reaction_rate_(kMostSaid * '), (lines, times) => lines * times), constant(ROOM, 'kSaidWithin')],
    proof: [integration('people', 'talk reaches everybody and who comes later, not too fast and not too long'), integration('people', 'twice as many reactions as lines are taken')],
  },
  {
    what: 'members made from one address',
    values: [members, derived(members, (most) => most / (10 * MINUTE))],
    proof: [integration('fair_share', 'memberships are not made without end'), unit('address_budgets', 'AddressBudgets.GiveSoMuchAtOnceAndThenSteadily')],
  },
  {
    what: 'members made in one room',
    values: [rateLimit(BUDGETS, 'room_members_').most, rateLimit(BUDGETS, 'room_members_').rate],
    proof: [unit('address_budgets', 'AddressBudgets.ARoomGetsSoManyMembersWhereverTheyComeFrom')],
  },
  { what: 'an empty room that was used', values: [option('--empty-room-grace', SECOND)], proof: [lives, unit('room_life', 'RoomLife.EndsSoonerWhereNothingHappened')] },
  { what: 'an empty room that was not', values: [option('--unused-room-grace', SECOND)], proof: [lives, unit('room_life', 'RoomLife.EndsSoonerWhereNothingHappened')] },
  { what: 'music in an empty room', values: [option('--suspend-after', SECOND)], proof: [lives, unit('room_keeping', 'RoomKeeping.MusicThatNobodyHearsWaitsAtItsPositionAndGoesOnThere')] },
  {
    what: 'empty rooms that wait',
    values: [option('--empty-rooms'), option('--empty-rooms-per-address'), constant(EMPTY, 'Limits.bytes'), constant(EMPTY, 'Limits.bytes_per_address')],
    proof: [integration('room_life', 'rooms that nobody is in do not pile up: of one address the oldest go, those that were never used first'), unit('room_life', 'EmptyRooms.AreBoundedInBytesOfAnAddressAndInAll')],
  },
  {
    what: 'rooms that one account keeps, that all keep',
    values: [option('--kept-rooms-per-account'), option('--empty-rooms')],
    proof: [integration('room_life', 'a host with an account keeps a room, one at a time here, until somebody closes it'), integration('room_life', 'all accounts together keep so many rooms')],
  },
  {
    what: 'passwords of rooms tried from one address',
    values: [rateLimit('relay/http/router.h', 'password_rate_').rate, element('relay/http/router.h', 'password_address_rate_', 0)],
    proof: [integration('people', 'a password and a lock keep people out, and say so'), integration('fair_share', 'passwords of rooms are tried thirty times from one address, however many rooms it tries')],
  },
  { what: 'password of a room changed by one member', values: [per(MINUTE, constant(ROOM, 'kPasswordsPerMinute'))], proof: [integration('membership', 'a room’s password is changed five times a minute at most')] },
  { what: 'members with a role', values: [constant(RULES, 'kMostRoles')], proof: [unit('people_rules', 'PeopleRules.RolesAreBoundedAndTheOldestOfTheAbsentMakesRoom')] },
  { what: 'banned members of one room', values: [constant(RULES, 'kMostBanned')], proof: [unit('people_rules', 'PeopleRules.BansAreBounded')] },
  { what: 'removed members of one room that are remembered', values: [constant(RULES, 'kMostExpelled')], proof: [unit('people_rules', 'PeopleRules.HoweverManyAreRemovedNoneOfThemComesBack')] },
  { what: "members that the host's list shows", values: [constant('relay/room/admitted.h', 'kMost')], proof: [unit('revocations', 'Admitted.KnowsThoseItHeardFromLast')] },
  { what: 'banned addresses', values: [constant('relay/address_bans.h', 'kMost')], proof: [unit('address_budgets', 'AddressBans.AreBounded')] },
];

const TURNS = 'relay/auth/passwords.cpp';
const tries = unit('revocations', 'SignInTries.AreCountedByAddressAndAccount');

export const accounts: readonly Entry[] = [
  {
    what: 'passwords hashed or checked at once',
    values: [
      after(TURNS, '.slots = '),
      after('/usr/include/sodium/crypto_pwhash_argon2id.h', 'crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE '),
      derived(after(TURNS, '.slots = '), (slots) => Math.floor(slots / 2)),
      after(TURNS, '.waiting_per_key = '),
      after(TURNS, '.waiting = '),
    ],
    proof: [integration('fair_share', 'passwords that one address has checked do not keep others waiting'), unit('fair_slots', 'FairSlots.OneKeyLeavesAsManyAsItHolds'), unit('fair_slots', 'FairSlots.TheLineIsBoundedInAllAndForEachKey')],
  },
  {
    what: 'passwords tried for one account from one address',
    values: [constant(TRIES, 'of_address_for_account'), per(MINUTE, constant(TRIES, 'of_address_for_account'))],
    proof: [tries, integration('accounts', 'tries are counted for what is looked up, and the owner’s own device has its own')],
  },
  {
    what: 'passwords tried for all accounts from one address',
    values: [constant(TRIES, 'of_address'), per(MINUTE, constant(TRIES, 'of_address'))],
    proof: [tries, integration('fair_share', 'passwords that one address has checked do not keep others waiting')],
  },
  {
    what: 'passwords tried for one account from all addresses',
    values: [constant(TRIES, 'of_account'), per(MINUTE, constant(TRIES, 'of_account')), constant(TRIES, 'of_device')],
    proof: [unit('revocations', 'SignInTries.ManyAddressesTogetherGuessNoMoreThanAHundredTimesAndLockNoOwnerOut')],
  },
  {
    what: 'sessions that one account has ended within 30 days',
    values: [constant('relay/auth/revocations.h', 'kKept'), constant('db/store.h', 'kMostEndedSessions')],
    proof: [integration('membership', 'whoever has ended a hundred sessions ends all with the next'), unit('revocations', 'Revocations.AreForgottenWhenEveryTokenHasExpired')],
  },
  { what: 'accounts made from one address', values: [rateLimit('relay/http/accounts.h', 'created_').rate], proof: [integration('fair_share', 'ten accounts an hour are made from one address')] },
];
