// The law of the room's timeline, as the server has it. Pure.

import { SAMPLE_RATE } from './protocol';
import type { Timeline } from './room_state';

/** The media position in milliseconds that is due at `serverUs`. */
export function positionMs(timeline: Timeline, serverUs: number): number {
  const anchorMs = (timeline.positionSamples * 1000) / SAMPLE_RATE;
  if (!timeline.running || !(serverUs > timeline.atUs)) return anchorMs;
  return anchorMs + ((serverUs - timeline.atUs) / 1000) * timeline.speed;
}
