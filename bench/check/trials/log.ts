import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../../model/target.ts';
import { openSocket } from '../client.ts';
import type { Seen } from '../observation.ts';

const POLL_MS = 20;
const WAIT_MS = 3_000;

/** Counts access log lines while a WebSocket is open and after it has closed; null if no WebSocket opens. */
export async function tryLog(folder: string, target: Target, signal: AbortSignal): Promise<Seen['log']> {
  const before = await settledLines(folder, signal);
  const { socket } = await openSocket(target, signal);
  if (socket === null) return null;
  try {
    await sleep(POLL_MS * 5, undefined, { signal });
    const whileOpen = (await linesOf(folder)) - before;
    socket.drop();
    return { whileOpen, afterClose: (await grown(folder, before + whileOpen, signal)) - before - whileOpen };
  } finally {
    socket.drop();
  }
}

/** Waits for pending lines of earlier requests: returns the number of lines when it no longer changes. */
async function settledLines(folder: string, signal: AbortSignal): Promise<number> {
  for (let last = -1; ; ) {
    const now = await linesOf(folder);
    if (now === last) return now;
    last = now;
    await sleep(POLL_MS * 5, undefined, { signal });
  }
}

async function grown(folder: string, from: number, signal: AbortSignal): Promise<number> {
  const end = performance.now() + WAIT_MS;
  for (;;) {
    const lines = await linesOf(folder);
    if (lines > from || performance.now() > end) return lines;
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function linesOf(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => /^access(-\d+)?\.log$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.join('').split('\n').length;
}
