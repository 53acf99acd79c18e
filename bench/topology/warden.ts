import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';
import { type Exit, launchNode } from './process.ts';

/** Private folders of a run lie directly below the system's temporary folder and begin with this. */
export const PRIVATE_FOLDER_PREFIX = 'nginx-ws-bench-';

/** What the bench tells its warden. */
export type WardenMessage =
  | { type: 'watch'; pid: number }
  | { type: 'forget'; pid: number }
  | { type: 'own'; folder: string }
  | { type: 'disown'; folder: string };

/**
 * A small process that outlives the bench by a moment: when the bench dies in any way, SIGKILL
 * included, it kills the process groups and removes the private folders it was told of.
 */
export interface Warden {
  readonly pid: number;
  /** A process group by the pid of its leader; to be told right after the launch. */
  watch(pid: number): void;
  /** To be told as soon as the group is gone: its number may be given to a stranger. */
  forget(pid: number): void;
  /** @throws {TypeError} where the folder is not a private one by its path */
  own(folder: string): void;
  disown(folder: string): void;
  /** Ends the warden, which first cleans up whatever it still holds. */
  close(): Promise<Exit>;
}

/** @throws {Problem} kind `environment` where it does not start */
export async function startWarden(): Promise<Warden> {
  const launched = launchNode(new URL('./warden-process.js', import.meta.url), {
    name: 'warden',
    component: 'runner',
    args: [],
    // Its heap is nearly empty: keep what V8 reserves small.
    nodeArguments: ['--max-old-space-size=32', '--max-semi-space-size=1'],
    cpus: null,
    ipc: true,
  });
  const { child } = launched;
  const ready = once(child, 'message').then(() => true);
  if (!(await Promise.race([ready, launched.exited.then(() => false)]))) {
    throw new Problem('environment', `The clean-up process did not start: ${launched.stderrTail().trim()}`);
  }

  function tell(message: WardenMessage): void {
    // Should the warden itself have been killed, the bench goes on; it cleans up by itself when it can.
    if (child.connected) child.send(message, () => {});
  }

  return {
    pid: launched.pid,
    watch: (pid) => tell({ type: 'watch', pid }),
    forget: (pid) => tell({ type: 'forget', pid }),
    own(folder) {
      if (!isPrivateFolder(folder)) throw new TypeError(`${folder} is not a private folder of the bench`);
      tell({ type: 'own', folder });
    },
    disown: (folder) => tell({ type: 'disown', folder }),
    async close() {
      if (child.connected) child.disconnect();
      return launched.exited;
    },
  };
}

/** True for a folder (no link) directly below the system's temporary folder with the bench's prefix. */
export function isPrivateFolder(folder: string): boolean {
  const path = resolve(folder);
  if (path !== folder || dirname(path) !== resolve(tmpdir())) return false;
  if (!basename(path).startsWith(PRIVATE_FOLDER_PREFIX)) return false;
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
