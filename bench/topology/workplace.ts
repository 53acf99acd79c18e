import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { folderProblem, problemWithin } from './folder-problem.ts';
import { FETCH_FOLDER_PREFIX, sweepAbandoned } from './private-folder.ts';
import { exitWords } from './process.ts';
import { makeProcessSet, type ProcessSet } from './process-set.ts';
import { createScope, type Scope } from './scope.ts';
import { startWarden, type Warden } from './warden.ts';
import { openFolderToWorkers } from './worker-user.ts';

/** Interval between checks of the private folder. Users would not benefit from more frequent checks. */
const LOOK_MS = 1_000;
/** Time allowed for an aborted command to exit by itself. */
const STOP_MS = 1_000;

/** A task's workplace: a private folder and a set of processes. */
export interface Workplace {
  folder: string;
  processSet: ProcessSet;
}

/**
 * Runs a command until it exits.
 *
 * @returns the end of the command's stderr; rejects if the command fails, like promisified `execFile`
 */
export type Execute = (
  command: string,
  args: readonly string[],
  options?: { cwd?: string; timeout?: number; env?: NodeJS.ProcessEnv; signal?: AbortSignal },
) => Promise<{ stderr: string }>;

/**
 * Creates a folder in the cache, does the work in it, and removes the folder after all processes of the work
 * have exited.
 */
export type FetchPlace = <T>(
  cacheDir: string,
  work: (folder: string, execute: Execute) => Promise<T>,
) => Promise<T>;

/** How a task receives the user's signals and reports to the user. */
export interface Ears {
  say: (line: string) => void;
  /** Aborting it kills all processes that are still running. */
  urgent: AbortSignal;
}

/**
 * Runs a task that needs a private folder and processes. Whatever happens, the folder and the processes are
 * gone afterwards.
 *
 * @throws Problem('environment') if the temporary folder cannot be used
 */
export async function atWorkplace<T>(
  { say, urgent }: Ears,
  work: (workplace: Workplace) => Promise<T>,
): Promise<T> {
  const warden = await startWarden(say);
  try {
    return await withPrivateFolder(createScope(), warden, urgent, work);
  } finally {
    await warden.close();
  }
}

/** Provides a folder to fetch a proxy into; nothing is left behind even if the bench is killed. */
export function fetchPlace({ say, urgent }: Ears): FetchPlace {
  return async (cacheDir, work) => {
    for (const sentence of await sweepAbandoned(cacheDir, FETCH_FOLDER_PREFIX)) say(sentence);
    const warden = await startWarden(say);
    try {
      return await within(
        createScope(),
        warden,
        urgent,
        () => warden.makeFolder(cacheDir, FETCH_FOLDER_PREFIX),
        ({ folder, processSet }) => work(folder, executeIn(processSet)),
      );
    } finally {
      await warden.close();
    }
  };
}

/** Like `atWorkplace`, but uses an existing warden and a scope that the caller closes. */
export async function withPrivateFolder<T>(
  scope: Scope,
  warden: Warden,
  urgent: AbortSignal,
  work: (workplace: Workplace) => Promise<T>,
): Promise<T> {
  const make = () => {
    try {
      return warden.makeFolder();
    } catch (error) {
      throw folderProblem(tmpdir(), error) ?? error;
    }
  };
  return within(scope, warden, urgent, make, async (workplace) => {
    try {
      await openFolderToWorkers(workplace.folder);
      return await work(workplace);
    } catch (error) {
      throw problemWithin(workplace.folder, error) ?? error;
    }
  });
}

async function within<T>(
  scope: Scope,
  warden: Warden,
  urgent: AbortSignal,
  make: () => string,
  work: (workplace: Workplace) => Promise<T>,
): Promise<T> {
  const processSet = makeProcessSet(scope, warden);
  urgent.addEventListener('abort', processSet.kill, { once: true });
  try {
    const folder = make();
    scope.add('private folder', () => warden.removeFolder(folder));
    scope.add('look at the private folder', watchFolder(folder, processSet));
    return await work({ folder, processSet });
  } finally {
    processSet.dismiss();
    await scope.close();
    urgent.removeEventListener('abort', processSet.kill);
  }
}

/** Like `execFile`, for a process registered with the warden. */
function executeIn({ launchTask }: ProcessSet): Execute {
  return async (command, args, { timeout, signal, ...options } = {}) => {
    const launched = launchTask({
      ...{ name: command, component: 'runner', command, args, cpus: null, ipc: false },
      ...options,
    });
    const stop = () => void launched.stop('SIGTERM', STOP_MS);
    const timer = timeout === undefined ? undefined : setTimeout(stop, timeout);
    signal?.addEventListener('abort', stop, { once: true });
    const exit = await launched.exited;
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    const stderr = launched.stderrTail();
    if (exit.code === 0) return { stderr };
    throw Object.assign(new Error(exitWords(launched, exit)), { stderr, killed: exit.signal === 'SIGTERM' });
  };
}

/** Message for a private folder that no longer exists. */
export function lostFolder(folder: string): string {
  return `The private folder ${folder} was removed or replaced while it was in use.`;
}

/**
 * Watches a run's private folder. If it disappeared unnoticed, the proxy would keep running without logs.
 *
 * @returns a function that stops watching
 */
function watchFolder(folder: string, processSet: ProcessSet): () => void {
  const { ino } = statSync(folder);
  const timer = setInterval(() => {
    if (statSync(folder, { throwIfNoEntry: false })?.ino === ino) return;
    clearInterval(timer);
    processSet.fail(lostFolder(folder));
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
