// What is asked of yt-dlp, and what it may take and answer.

import { integration, unit, type Entry } from './entry';
import { after, constant, derived, numberAfter, option, rateLimit, SECOND } from './source';

const ANSWER = 'transcoder/ytdlp_json.h';
const EGRESS = 'transcoder/egress/egress_proxy.h';
const FENCE = 'transcoder/fence/fence.h';
const CHILD = 'transcoder/child_process';
const patience = constant('relay/work_shares.h', 'patience');
const fair = unit('fair_slots', 'FairSlots.OneKeyLeavesAsManyAsItHolds');
const patienceEnds = unit('work_shares', 'WorkSharesTest.PatienceEnds');
const kinds = unit('work_shares', 'WorkSharesTest.EachKindOfWorkHasPlacesOfItsOwn');
const budgets = unit('address_budgets', 'AddressBudgets.GiveSoMuchAtOnceAndThenSteadily');
const tooMuch = unit('resolver', 'YtdlpAnswer.WhatIsTooDeepOrTooMuchIsRefused');

export const ytdlp: readonly Entry[] = [
  {
    what: 'links opened at once',
    values: [option('--max-resolves'), patience],
    proof: [integration('limits', 'more links at once than the server opens: try again in a moment'), integration('fair_share', 'eight links of one address that never open leave the others theirs'), fair, patienceEnds],
  },
  {
    what: 'links listed and searches under way',
    values: [derived(after('relay/work_shares.cpp', 'limits.resolves / '), (parts) => 1 / parts), patience],
    proof: [kinds, fair],
  },
  {
    what: 'links opened by one member, by one address',
    values: [option('--links-per-minute'), numberAfter('relay/server.cpp', 'AddressBudgets budgets({.links_per_minute = ')],
    proof: [integration('limits', 'a member who pastes link after link is asked to wait; another may'), integration('limits', 'an address opens four times as many links as a member, whoever pastes them'), budgets],
  },
  {
    what: 'searches of one member, of one address',
    values: [rateLimit('relay/http/search.h', 'rate_').most, rateLimit('relay/address_budgets.h', 'searches_').rate],
    proof: [integration('people', 'a search finds tracks with length and picture; pictures come through this server only'), budgets],
  },
  { what: 'pictures fetched at once', values: [constant('relay/server.cpp', 'kPictures'), patience], proof: [kinds, fair] },
  {
    what: 'tracks transcoded at once',
    values: [option('--max-pipelines')],
    proof: [integration('limits', 'more rooms than the server plays in: the next one is told, the others play on'), fair],
  },
  { what: 'time of one call', values: [constant('transcoder/resolver.h', 'time_limit')], proof: [unit('child_process', 'ChildProcess.EndsAtItsTimeLimitWithItsWholeGroup')] },
  {
    what: "memory (data), processor time, one file, open files of one process of yt-dlp's",
    values: [constant(FENCE, 'data_bytes'), constant(FENCE, 'cpu_seconds', SECOND), constant(FENCE, 'file_bytes'), constant(FENCE, 'open_files')],
    proof: [unit('fence', 'FenceTest.MemoryFilesAndTimeAreBounded'), unit('fence', 'FenceTest.OpenFilesAreBounded')],
  },
  {
    what: 'processes and threads of all calls of yt-dlp together, in a network of their own, not as root',
    values: [constant(FENCE, 'processes')],
    proof: [unit('fence', 'FenceTest.ProcessesAreBoundedUnlessRootStartsThem')],
  },
  { what: 'standard output of one call', values: [constant(`${CHILD}.h`, 'output_limit')], proof: [unit('child_process', 'ChildProcess.EndsAtItsOutputLimit'), integration('ways_out', 'an answer of 30 MB of brackets takes little memory')] },
  { what: 'standard error of one call', values: [constant(`${CHILD}.cpp`, 'kErrorTail')], proof: [unit('child_process', 'ChildProcess.KeepsTheEndOfWhatItSaysOfErrors')] },
  {
    what: 'time that a grandchild may hold the output open after yt-dlp has ended',
    values: [constant(`${CHILD}.cpp`, 'kLastWords')],
    proof: [unit('child_process', 'ChildProcess.AnswersWhenItHasEndedThoughAGrandchildHoldsItsPipes'), integration('ways_out', 'a grandchild that holds yt-dlp’s output open does not hold up its answer')],
  },
  { what: 'depth of an answer', values: [constant(ANSWER, 'depth')], proof: [tooMuch] },
  { what: 'one string of an answer', values: [constant(ANSWER, 'text_bytes')], proof: [tooMuch] },
  { what: 'one run of blanks, digits or letters outside of strings', values: [constant('transcoder/ytdlp_json.cpp', 'kLongestRun')], proof: [unit('resolver', 'YtdlpAnswer.ARunOutsideOfStringsIsBounded')] },
  { what: 'one string that is kept', values: [constant(ANSWER, 'kept_text_bytes')], proof: [unit('resolver', 'YtdlpAnswer.LongTextsAreCutAtAWholeCharacter')] },
  { what: 'values and bytes of strings that are kept', values: [constant(ANSWER, 'kept_values'), constant(ANSWER, 'kept_bytes')], proof: [tooMuch] },
  { what: 'a URL in an answer', values: [constant('transcoder/ytdlp_json.cpp', 'kMaxUrlBytes')], proof: [unit('resolver', 'YtdlpAnswer.AnAddressThatIsTooLongIsNone')] },
  {
    what: 'http headers for the media',
    values: [constant('transcoder/resolver.cpp', 'kMostHeaders'), constant('transcoder/resolver.cpp', 'kMostHeaderBytes')],
    proof: [unit('resolver', 'YtdlpAnswer.ThousandsOfHeadersAreNotCarriedAlong')],
  },
  { what: 'bytes of one connection through the proxy', values: [constant(EGRESS, 'bytes')], proof: [unit('egress', 'EgressProxy.AnAnswerWithoutEndIsCutOff')] },
  { what: 'time of one connection through the proxy', values: [constant(EGRESS, 'time')], proof: [unit('egress', 'EgressProxy.AConnectionEndsWhenItsTimeIsOver')] },
  { what: 'connections through the proxy at once', values: [constant(EGRESS, 'connections')], proof: [unit('egress', 'EgressProxy.BeyondItsConnectionsNewcomersWait')] },
  { what: 'head of a request to the proxy', values: [constant('transcoder/egress/proxy_request.h', 'kMaxProxyHead')], proof: [unit('egress', 'EgressProxy.AHeadThatIsTooLongEndsTheConnection')] },
];
