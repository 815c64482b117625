// What Postgres is asked for, and what waits for it.

import { integration, unit, type Entry } from './entry';
import { after, combined, constant, derived, given, per, SECOND } from './source';

const LINE = 'db/connection.cpp';
const JOURNAL = 'db/journal.h';
const limits = (name: string) => constant(JOURNAL, `JournalLimits.${name}`);
const frozen = integration('database', 'while Postgres is frozen, whoever asks it is refused within 2 s, and the music and its commands go on');
const waits = unit('journal', 'Journal.ARoomWhoseStatementsFailWaitsLongerEachTimeAndHoldsNobodyUp');
const locked = integration('database', 'a locked table holds up its own rows alone, and loses none');
const writes = unit('journal', 'Journal.ARoomMayWriteSoManyEventsASecondAndFewerRefusals');
const ends = 'a server ends within 5 s of SIGTERM while Postgres is frozen, and says what it could not write';
const silence = combined(combined(after(LINE, '"keepalives_interval", "'), after(LINE, '"keepalives_count", "'), (a, b) => a * b), after(LINE, '"keepalives_idle", "'), (a, b) => (a + b) * SECOND);
const firstPause = constant('db/journal.cpp', 'kFirstPause');

export const database: readonly Entry[] = [
  { what: 'what somebody waits for, from when it is asked, its turn included', values: [constant('db/question_lane.h', 'patience')], proof: [frozen] },
  { what: 'questions that wait', values: [constant('db/store.h', 'question_limit')], proof: [unit('question_lane', 'QuestionLane.BeyondItsLimitTheOldestFails')] },
  {
    what: 'whether it answers (`/readyz`)',
    values: [constant('db/store.cpp', 'kCheckPatience'), derived(constant('db/store.cpp', 'kCheckKept'), (kept) => 1 / kept)],
    proof: [frozen, integration('database', 'readiness is looked at, not remembered')],
  },
  { what: 'a connection being made', values: [after(LINE, '"connect_timeout", "', SECOND)], proof: [unit('connection_limits', 'ConnectionLimits.StandInFrontOfTheUsersOwnSettings')] },
  { what: 'a line that has died', values: [silence], proof: [unit('connection_limits', 'ConnectionLimits.StandInFrontOfTheUsersOwnSettings'), unit('connection_limits', 'ConnectionLimits.AreParametersOfAUrl')] },
  {
    what: 'a statement that somebody waits for, another',
    values: [
      after('db/question_lane.cpp', '.statement = '),
      after('db/journal_lane.cpp', '.statement = '),
      after('db/question_lane.cpp', '.lock = '),
      after('db/journal_lane.cpp', '.lock = '),
      firstPause,
      combined(firstPause, constant('db/journal.cpp', 'kMostDoublings'), (pause, doublings) => pause * 2 ** doublings),
    ],
    proof: [locked, waits],
  },
  {
    what: 'a transaction that this server left open',
    values: [after(LINE, 'set("idle_in_transaction_session_timeout", ')],
    proof: [integration('database', 'a transaction that the server has left open is undone by Postgres')],
  },
  {
    what: "a room's events that wait (also plays, chat, departures)",
    values: [limits('room_entries'), limits('room_bytes')],
    proof: [unit('journal', 'Journal.BeyondARoomsLimitsItsOldestGoes')],
  },
  { what: "all rooms' together", values: [limits('entries'), limits('bytes')], proof: [unit('journal', 'Journal.InAllTheRoomWithTheMostBytesLosesFirst')] },
  {
    what: "a room's state that waits",
    values: [given(1, 'the member `state` of Journal::Room, an optional, which holds one')],
    proof: [unit('journal', 'Journal.KeepsOfEachRoomTheNewestStateWithTheNewestOfEachPart')],
  },
  { what: 'events that a room may record', values: [limits('events_at_once'), per(SECOND, limits('events_per_second'))], proof: [unit('journal', 'Journal.ARoomMayWriteSoManyEventsAtOnce')] },
  { what: 'refused commands that a room may record', values: [limits('refusals_at_once'), per(SECOND, limits('refusals_per_second'))], proof: [writes, integration('database', 'refused commands do not fill the database')] },
  {
    what: 'events, plays and lines of chat that are stored of a room',
    values: [constant('db/journal_writer.h', 'kEventsKept'), constant('db/journal_writer.h', 'kPlaysKept'), constant('db/store.h', 'kChatKept')],
    proof: [integration('database', 'of events and plays the newest are kept while the room lives'), integration('database', 'of what was said the newest hundred lines are kept')],
  },
  {
    what: 'the rooms being read at the start',
    values: [constant('db/ask.h', 'kStartingPatience')],
    proof: [unit('question_lane', 'QuestionLane.APersistentQuestionIsAskedUntilItsPatienceEnds'), integration('database', 'a server whose rooms cannot be read waits, then does not start; a row that cannot be read stays, and is left out')],
  },
  {
    what: 'the end of the server',
    values: [constant('db/journal_lane.cpp', 'kLastWrites'), given(5 * SECOND, 'the sum of the parts: kLongestEnd in relay/server.cpp leaves half a second for the rest')],
    proof: [integration('database', ends)],
  },
];
