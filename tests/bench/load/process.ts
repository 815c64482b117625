// What a process takes: processor time to the nanosecond, by thread, and memory.

import {readdirSync, readFileSync} from 'node:fs';

export interface Usage {
    /** Of the first thread, in microseconds: the server's I/O thread. */
    firstThreadUs: number;
    allThreadsUs: number;
    residentKb: number;
}

const onCpuUs = (path: string): number => Number(readFileSync(path, 'utf8').split(' ')[0]) / 1000;

/** Threads that have ended are not counted: compare while they stay. */
export function usageOf(pid: number): Usage {
    const tasks = `/proc/${String(pid)}/task`;
    const allThreadsUs = readdirSync(tasks).reduce((sum, task) => {
        try {
            return sum + onCpuUs(`${tasks}/${task}/schedstat`);
        } catch {
            return sum;
        }
    }, 0);
    const residentKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]);
    return {firstThreadUs: onCpuUs(`${tasks}/${String(pid)}/schedstat`), allThreadsUs, residentKb};
}
