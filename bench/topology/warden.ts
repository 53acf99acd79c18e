import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Problem } from '../model/failure.ts';
import { folderProblem } from './folder-problem.ts';
import {
  createPrivateFolder,
  isTooLongForSockets,
  PRIVATE_FOLDER_PREFIX,
  recordGroup,
  sweepAbandoned,
} from './private-folder.ts';
import { type Exit, exitWords, type Launched, launchNode } from './process.ts';

/** A warden that exits sooner than this is not replaced, because its successor would exit the same way. */
const LEAST_LIFE_MS = 1_000;

/** Messages from the bench to its warden. */
export type WardenMessage =
  | { type: 'watch'; pid: number }
  | { type: 'forget'; pid: number }
  | { type: 'own'; folder: string }
  | { type: 'disown'; folder: string };

/**
 * A small process that briefly outlives the bench. However the bench dies, even by SIGKILL, the warden kills
 * the process groups and removes the private folders registered with it. If the warden is killed, another one
 * replaces it; if both are killed, the next invocation of the bench cleans up after them.
 */
export interface Warden {
  readonly pid: number;
  /** Registers a process group by its leader's pid. Call right after the launch. */
  watch(pid: number): void;
  /** Unregisters a process group. Call as soon as the group is gone, because its pid may be reused. */
  forget(pid: number): void;
  /**
   * Creates a private folder that is registered with the warden before anything is put in it.
   *
   * @param parent default: the system's temporary folder
   */
  makeFolder(parent?: string, prefix?: string): string;
  removeFolder(folder: string): Promise<void>;
  /** Ends the warden, which first cleans up everything that is still registered. */
  close(): Promise<Exit>;
}

/**
 * Cleans up after a bench that was killed together with its warden, and starts a new warden.
 *
 * @param say called with a sentence for each folder cleaned up, and whenever the warden was killed
 * @throws {Problem} kind `environment` if the warden does not start, or the temporary folder cannot be used
 */
export async function startWarden(say: (line: string) => void): Promise<Warden> {
  for (const sentence of await sweepAbandoned(tmpdir(), PRIVATE_FOLDER_PREFIX)) say(sentence);
  await tryTemporaryFolder();
  const groups = new Set<number>();
  const folders = new Set<string>();
  let isClosing = false;
  let replacing = Promise.resolve();
  let current = await launchWarden();
  replaceWhenKilled(current);

  function tell(message: WardenMessage): void {
    // A warden that was just killed receives nothing; its successor receives everything registered by then.
    if (current.child.connected) current.child.send(message, () => {});
  }

  function replaceWhenKilled(launched: Launched): void {
    const since = performance.now();
    void launched.exited.then((exit) => {
      if (!isClosing) replacing = replace(launched, exit, performance.now() - since);
    });
  }

  async function replace(killed: Launched, exit: Exit, livedMs: number): Promise<void> {
    const words = `The ${exitWords(killed, exit)}`;
    try {
      if (livedMs < LEAST_LIFE_MS)
        throw new Problem('environment', 'The previous warden exited in the same way.');
      current = await launchWarden();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      say(
        `${words} and could not be replaced. If the bench is killed, run it again to clean up. ${error.message}`,
      );
      return;
    }
    replaceWhenKilled(current);
    for (const pid of groups) tell({ type: 'watch', pid });
    for (const folder of folders) {
      recordGroup(folder, current.pid);
      tell({ type: 'own', folder });
    }
    say(`${words} and was replaced.`);
  }

  return {
    get pid() {
      return current.pid;
    },
    watch(pid) {
      groups.add(pid);
      for (const folder of folders) recordGroup(folder, pid);
      tell({ type: 'watch', pid });
    },
    forget(pid) {
      groups.delete(pid);
      tell({ type: 'forget', pid });
    },
    makeFolder(parent = tmpdir(), prefix = PRIVATE_FOLDER_PREFIX) {
      const folder = createPrivateFolder(parent, prefix);
      folders.add(folder);
      tell({ type: 'own', folder });
      for (const pid of [current.pid, ...groups]) recordGroup(folder, pid);
      return folder;
    },
    async removeFolder(folder) {
      await rm(folder, { recursive: true, force: true });
      folders.delete(folder);
      tell({ type: 'disown', folder });
    },
    async close() {
      isClosing = true;
      await replacing;
      if (current.child.connected) current.child.disconnect();
      return current.exited;
    },
  };
}

/** Checks up front that the temporary folder, which every run needs, can be used. */
async function tryTemporaryFolder(): Promise<void> {
  const folder = tmpdir();
  if (isTooLongForSockets(folder)) {
    throw new Problem(
      'environment',
      `The path of the temporary folder ${folder} is too long: Linux allows 107 bytes for the path of a socket in it. Set TMPDIR to a folder with a shorter path.`,
    );
  }
  try {
    await rm(createPrivateFolder(folder, PRIVATE_FOLDER_PREFIX), { recursive: true, force: true });
  } catch (error) {
    throw folderProblem(folder, error) ?? error;
  }
}

async function launchWarden(): Promise<Launched> {
  const launched = launchNode(new URL('./warden-process.js', import.meta.url), {
    name: 'clean-up process',
    component: 'runner',
    args: [],
    // The warden's heap is nearly empty, so V8 should reserve little memory.
    nodeArguments: ['--max-old-space-size=32', '--max-semi-space-size=1'],
    cpus: null,
    ipc: true,
  });
  const ready = once(launched.child, 'message').then(() => true as const);
  const exit = await Promise.race([ready, launched.exited]);
  if (exit === true) return launched;
  const words = launched.stderrTail().trim().split('\n').at(-1) ?? '';
  throw new Problem(
    'environment',
    `The ${exitWords(launched, exit)} before it was ready.${words === '' ? '' : ` Its last output: ${words}`}`,
  );
}
