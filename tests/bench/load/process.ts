// What a process takes: processor time to the nanosecond, by thread, and memory.

import { readdirSync, readFileSync } from 'node:fs';

export interface Usage {
  /** Of the first thread, in microseconds: the server's I/O thread. */
  firstThreadUs: number;
  /** Of those that are there now: compare while they stay. */
  allThreadsUs: number;
  /** Of threads that run only when nothing else wants to. */
  idleClassUs: number;
  residentKb: number;
}

const SCHED_IDLE = 5;

const onCpuUs = (path: string): number => Number(readFileSync(path, 'utf8').split(' ')[0]) / 1000;
/** proc(5): the 41st field of all, the 39th behind the name in parentheses. */
const policyOf = (path: string): number => Number(readFileSync(path, 'utf8').split(') ').at(-1)?.split(' ')[38]);

export function usageOf(pid: number): Usage {
  const tasks = `/proc/${String(pid)}/task`;
  let allThreadsUs = 0;
  let idleClassUs = 0;
  for (const task of readdirSync(tasks)) {
    try {
      const us = onCpuUs(`${tasks}/${task}/schedstat`);
      allThreadsUs += us;
      if (policyOf(`${tasks}/${task}/stat`) === SCHED_IDLE) idleClassUs += us;
    } catch {
      // It has ended meanwhile.
    }
  }
  const residentKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]);
  return { firstThreadUs: onCpuUs(`${tasks}/${String(pid)}/schedstat`), allThreadsUs, idleClassUs, residentKb };
}
