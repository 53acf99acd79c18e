import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Problem } from '../model/failure.ts';
import {
  createPrivateFolder,
  folderProblem,
  PRIVATE_FOLDER_PREFIX,
  recordGroup,
  sweepAbandoned,
} from './private-folder.ts';
import { type Exit, exitWords, type Launched, launchNode } from './process.ts';

/** One that did not live longer is not replaced: its successor would end in the same way. */
const LEAST_LIFE_MS = 1_000;

/** What the bench tells its warden. */
export type WardenMessage =
  | { type: 'watch'; pid: number }
  | { type: 'forget'; pid: number }
  | { type: 'own'; folder: string }
  | { type: 'disown'; folder: string };

/**
 * A small process that outlives the bench by a moment: when the bench dies in any way, SIGKILL
 * included, it kills the process groups and removes the private folders it was told of. Should it be killed itself,
 * another takes its place; where both are killed, the next bench cleans up after them.
 */
export interface Warden {
  readonly pid: number;
  /** A process group by the pid of its leader; to be told right after the launch. */
  watch(pid: number): void;
  /** To be told as soon as the group is gone: its number may be given to a stranger. */
  forget(pid: number): void;
  /**
   * Makes a private folder, which is known to the warden before anything is in it.
   *
   * @param parent Default: the system's temporary folder.
   */
  makeFolder(parent?: string, prefix?: string): string;
  removeFolder(folder: string): Promise<void>;
  /** Ends the warden, which first cleans up whatever it still holds. */
  close(): Promise<Exit>;
}

/**
 * Cleans up after a bench that was killed together with its warden, and starts one.
 *
 * @param say Is told what was cleaned up, and when the warden was killed.
 * @throws {Problem} kind `environment` where it does not start, or the temporary folder cannot be used
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
    // One that was just killed hears nothing; its successor is told all that holds then.
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
        throw new Problem('environment', 'The one before it ended in the same way.');
      current = await launchWarden();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      say(
        `${words}, and no other was started: should the bench be killed, start it once more to clean up. ${error.message}`,
      );
      return;
    }
    replaceWhenKilled(current);
    for (const pid of groups) tell({ type: 'watch', pid });
    for (const folder of folders) {
      recordGroup(folder, current.pid);
      tell({ type: 'own', folder });
    }
    say(`${words}; another one has taken its place.`);
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

/** What no run could do without is told before the first. */
async function tryTemporaryFolder(): Promise<void> {
  try {
    await rm(createPrivateFolder(tmpdir(), PRIVATE_FOLDER_PREFIX), { recursive: true, force: true });
  } catch (error) {
    throw folderProblem(tmpdir(), error) ?? error;
  }
}

async function launchWarden(): Promise<Launched> {
  const launched = launchNode(new URL('./warden-process.js', import.meta.url), {
    name: 'clean-up process',
    component: 'runner',
    args: [],
    // Its heap is nearly empty: keep what V8 reserves small.
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
    `The ${exitWords(launched, exit)} before it was ready.${words === '' ? '' : ` Its last words: ${words}`}`,
  );
}
