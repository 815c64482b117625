// What HTTP and the WebSocket take.

import { integration, unit, type Entry } from './entry';
import { combined, constant, derived, element, numberAfter, option, per, rateLimit, SECOND } from './source';

const PARSER = 'relay/http/request_parser.h';
const CONNECTION = 'relay/http/connection.h';
const PICTURES = 'relay/http/pictures.cpp';
const BUDGETS = 'relay/address_budgets.h';
const ROOM = 'relay/room/room.cpp';
const REPORTS = 'relay/http/page_reports';
const SOCKET = 'relay/session/websocket.cpp';
const budget = (name: string) => rateLimit(BUDGETS, name);
const halfHour = constant(PICTURES, 'kHalfHour', SECOND);

export const http: readonly Entry[] = [
  {
    what: "a request's head: address and headers",
    values: [constant(PARSER, 'kMaxHeadBytes'), constant(PARSER, 'kMaxFields')],
    proof: [unit('request_parser', 'RequestParser.BoundsEveryByte'), integration('http', 'an address without end'), integration('http', 'headers without number')],
  },
  {
    what: 'time until a head is there, the wait for its first byte included',
    values: [constant(CONNECTION, 'head')],
    proof: [unit('connection', 'ConnectionTest.ASlowHeadIsCutHoweverSteadilyItComes')],
  },
  {
    what: 'a body',
    values: [constant('relay/http/router.cpp', 'kCommon'), constant('relay/http/router.cpp', 'kOfMembers')],
    proof: [integration('http', 'a body of another size'), integration('http', 'members may send a whole playlist, others not, and nobody more')],
  },
  {
    what: 'time until a body is there',
    values: [constant(CONNECTION, 'body')],
    proof: [unit('connection', 'ConnectionTest.ABodyThatDoesNotComeIsNotWaitedForForEver')],
  },
  {
    what: "a chunk's size and extensions; all trailers; all that is not body in a chunked body",
    values: [constant(PARSER, 'kMaxChunkLineBytes'), constant(PARSER, 'kMaxTrailerBytes'), constant(PARSER, 'kMaxFramingBytes')],
    proof: [unit('request_parser', 'RequestParser.BoundsEveryByte'), integration('http', 'a chunk’s extensions'), integration('http', 'trailers')],
  },
  {
    what: 'time in which a client takes nothing of an answer',
    values: [constant(CONNECTION, 'progress')],
    proof: [unit('connection', 'ConnectionTest.AReaderThatStopsIsCut')],
  },
  {
    what: 'time for a whole answer',
    values: [constant(CONNECTION, 'answer'), per(SECOND, constant(CONNECTION, 'least_rate'))],
    proof: [unit('connection', 'ConnectionTest.AReaderThatTakesTooLongInAllIsCut')],
  },
  {
    what: 'connections at once from one address, requests under way of one client of a trusted proxy',
    values: [option('--connections-per-address')],
    proof: [
      integration('crowd', 'one address makes so many rooms and has so many connections, as the proxy tells it; others are not concerned'),
      unit('connection', 'ConnectionTest.AClientOfAProxyHasSoManyRequestsUnderWay'),
    ],
  },
  {
    what: 'connections at once in all',
    values: [constant('relay/server.cpp', 'kKept')],
    proof: [integration('crowd', 'as many connect as the descriptors allow, and the next one waits until one has gone')],
  },
  {
    what: 'pictures of searches that are kept, and for how long',
    values: [constant(PICTURES, 'kMostKeptBytes'), constant(PICTURES, 'kMostEntries'), constant(PICTURES, 'kKept'), constant(PICTURES, 'kMissingKept')],
    proof: [unit('pictures', 'PicturesTest.AreKeptForAWhileAndMissingOnesForAShorterOne'), unit('pictures', 'PicturesTest.AreBoundedInBytes'), unit('pictures', 'PicturesTest.AreBoundedInNumber')],
  },
  {
    what: "how long a found picture's address is good",
    values: [halfHour, derived(halfHour, (time) => 2 * time)],
    proof: [unit('pictures', 'PictureRight.LastsForHalfAnHourToAnHour')],
  },
  {
    what: 'room codes that lead to no room, from one address',
    values: [per(60 * SECOND, constant(BUDGETS, 'codes_per_minute'))],
    proof: [
      integration('fair_share', 'who tries many room codes learns of none any more, known or not, until a while has passed; members and others do not notice'),
      unit('address_budgets', 'AddressBudgets.GiveSoMuchAtOnceAndThenSteadily'),
    ],
  },
  {
    what: "bytes of rooms' states read from one address",
    values: [budget('answers_').most, budget('answers_').rate],
    proof: [
      integration('fair_share', 'the state of a room with a long queue is not written out as often as somebody likes'),
      unit('address_budgets', 'AddressBudgets.GiveSoMuchAtOnceAndThenSteadily'),
    ],
  },
  {
    what: "commands' bodies and WebSocket texts from one address",
    values: [budget('texts_').most, budget('texts_').rate],
    proof: [
      integration('fair_share', 'so many bytes of commands are read from one address, over HTTP and the WebSocket together'),
      unit('address_budgets', 'AddressBudgets.GiveSoMuchAtOnceAndThenSteadily'),
    ],
  },
  {
    what: 'cost of commands from one address (1 each; 2 and one more for each 4 KB of the queue where the queue is written anew)',
    values: [
      numberAfter('relay/room/rate_class.h', 'case RateClass::talk:\n            return '),
      numberAfter('relay/room/rate_class.h', 'case RateClass::queue:\n            return '),
      constant('relay/room/rate_class.h', 'kBytesPerUnit'),
      budget('commands_').most,
      budget('commands_').rate,
    ],
    proof: [
      unit('rate_class', 'RateClass.ChargesForTheQueueWhatItIsLong'),
      unit('address_budgets', 'AddressBudgets.GiveSoMuchAtOnceAndThenSteadily'),
      integration('fair_share', 'the state of a room with a long queue is not written out as often as somebody likes'),
    ],
  },
  {
    what: 'cost of commands in one room, but for those from this machine itself',
    values: [constant(ROOM, 'kCommandUnits'), combined(constant(ROOM, 'kCommandUnits'), constant(ROOM, 'kCommandWindow'), (units, window) => units / window)],
    proof: [unit('room_failure', 'RoomHaste.ARoomIsToldSoMuchAtOnceWhoeverTellsIt')],
  },
  {
    what: 'failures that pages report, from one address, from all',
    values: [rateLimit(`${REPORTS}.h`, 'address_rate_').most, rateLimit(`${REPORTS}.h`, 'rate_').rate],
    proof: [unit('http_answers', 'PageReportsTest.AreLoggedSoOften')],
  },
  {
    what: "what is logged of one: the error, places in the page's files",
    values: [element(`${REPORTS}.cpp`, 'kErrorText', 0), element(`${REPORTS}.cpp`, 'kErrorText', 1), constant(`${REPORTS}.cpp`, 'kMostPlaces'), element(`${REPORTS}.cpp`, 'kPlaceText', 0), element(`${REPORTS}.cpp`, 'kPlaceText', 1)],
    proof: [unit('http_answers', 'PageReportsTest.AreLoggedInOneShortLine')],
  },
  {
    what: "wrong operator's keys, or keys for new rooms, from one address",
    values: [rateLimit('relay/http/admin.h', 'wrong_keys_').rate],
    proof: [integration('admin', 'only the key opens the calls, and it cannot be guessed for long'), integration('admin', 'asks for it, says so, and lets nobody guess')],
  },
];

export const websocket: readonly Entry[] = [
  {
    what: 'a message, in one piece or many',
    values: [constant(SOCKET, 'kMaxMessageBytes'), constant(SOCKET, 'kMaxFirstMessageBytes')],
    proof: [integration('http', 'a message has 256 KB at most, in one piece or in many; a hello 16 KB')],
  },
  {
    what: 'what a frame may claim to hold',
    values: [constant(SOCKET, 'kMaxFrameBytes')],
    proof: [integration('http', 'one that claims %d bytes is not waited for')],
  },
  {
    what: 'messages, pings and pongs',
    values: [constant('relay/session/session.cpp', 'kMost'), constant('relay/session/session.cpp', 'kWindow')],
    proof: [integration('crowd', 'who floods is sent away'), integration('http', 'a flood of %s ends its connection')],
  },
  {
    what: 'bytes, and 64 for each piece of a message',
    values: [constant('relay/session/read_budget.h', 'kPieceCost'), constant('relay/session/read_budget.h', 'kBurst'), per(SECOND, constant('relay/session/read_budget.h', 'kBytesPerSecond'))],
    proof: [unit('websocket_limits', 'ReadBudget.AllowsABurstAndThenASteadyRate'), integration('http', 'a flood of %s ends its connection')],
  },
  {
    what: "bytes after the server's close",
    values: [constant(SOCKET, 'kMaxBytesAfterClose'), constant(SOCKET, 'kHandshakeTime')],
    proof: [integration('websocket', 'after its close the server takes sixteen megabytes more at most'), integration('websocket', 'after its close the server waits ten seconds for the other one')],
  },
  {
    what: 'time until the hello',
    values: [constant('relay/session/hello_watch.h', 'kPatience')],
    proof: [integration('bad_input', 'no hello at all ends the connection after ten seconds'), unit('websocket_limits', 'HelloWatch.RemindsOnceAndKeepsNothingOfWhoHasGone')],
  },
  {
    what: 'answers that wait unread',
    values: [constant('relay/broadcast/outbox.h', 'texts')],
    proof: [unit('outbox', 'OutboxTest.RepliesAreNeverDroppedSilently'), integration('attacks', 'listeners that never read')],
  },
  {
    what: 'time in which a line acknowledges nothing',
    values: [constant('relay/session/line.h', 'kDeadAfterMs')],
    proof: [integration('websocket', 'a line that takes nothing for twenty seconds is given up')],
  },
];
