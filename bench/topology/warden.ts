import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Problem } from '../model/failure.ts';
import { folderProblem } from './folder-problem.ts';
import {
  createPrivateFolder,
  isTooLongForSockets,
  PRIVATE_FOLDER_PREFIX,
  RECORD,
  recordGroup,
  sweepAbandoned,
} from './private-folder.ts';
import { type Exit, exitWords, type Launched, launch } from './process.ts';

/** A warden that exits sooner than this is not replaced, because another one would exit the same way. */
const LEAST_LIFE_MS = 1_000;

/**
 * The warden's program. Every command starts a warden, so it is a shell script, which starts in a few milliseconds and
 * needs 2 MB of memory. A Node process would need a quarter of a second and 40 MB.
 *
 * Each line of its input is a verb with a process group or a folder. However the bench dies, the kernel closes this
 * input, and the script cleans up. It ignores signals that are sent to all processes, for example by a closing
 * terminal, because the bench handles them. Killing a group takes a moment, so SIGKILL is repeated for 300 ms; a
 * process that is still listed after that is a zombie, which process 1 has to reap. A folder is only removed if it is
 * not a link, but a private folder of this user to which nobody else can write.
 */
const PROGRAM = `
trap '' INT TERM HUP
groups=
echo ready
while IFS= read -r line; do
  of=\${line#* }
  case $line in
    'watch '*) groups="$groups $of" ;;
    'forget '*) left=; for each in $groups; do [ "$each" = "$of" ] || left="$left $each"; done; groups=$left ;;
    'own '*) set -- "$@" "$of" ;;
    'disown '*) for each; do shift; [ "$each" = "$of" ] || set -- "$@" "$each"; done ;;
  esac
done
tries=60
while [ -n "$groups" ] && [ $tries -gt 0 ]; do
  left=
  for each in $groups; do kill -s KILL -- "-$each" 2> /dev/null && left="$left $each"; done
  groups=$left tries=$((tries - 1))
  [ -z "$groups" ] || sleep 0.005
done
for each; do
  case $(ls -ld -- "$each") in
    d????-??-*) if [ -O "$each" ] && [ -f "$each/${RECORD}" ]; then rm -rf -- "$each"; fi ;;
  esac
done
`;

/**
 * A small process that briefly outlives the bench. However the bench dies, even by SIGKILL, the warden kills
 * the process groups and removes the private folders registered with it. If the warden is killed, another one
 * replaces it. If the bench and its warden are killed together, the next invocation of the bench cleans up
 * after them.
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
 * @param say called with a sentence for each folder cleaned up, and whenever the warden has been killed
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

  function tell(verb: 'watch' | 'forget' | 'own' | 'disown', of: number | string): void {
    // A warden that was just killed does not receive this; its successor is sent everything registered by then.
    current.child.stdin?.write(`${verb} ${of}\n`);
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
        throw new Problem('environment', 'The previous clean-up process exited in the same way.');
      current = await launchWarden();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      say(
        `${words} and could not be replaced. ${error.message} If the bench is killed, run it again to clean up.`,
      );
      return;
    }
    replaceWhenKilled(current);
    for (const pid of groups) tell('watch', pid);
    for (const folder of folders) {
      recordGroup(folder, current.pid);
      tell('own', folder);
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
      tell('watch', pid);
    },
    forget(pid) {
      groups.delete(pid);
      tell('forget', pid);
    },
    makeFolder(parent = tmpdir(), prefix = PRIVATE_FOLDER_PREFIX) {
      refuseLineBreak(parent);
      const folder = createPrivateFolder(parent, prefix);
      folders.add(folder);
      tell('own', folder);
      for (const pid of [current.pid, ...groups]) recordGroup(folder, pid);
      return folder;
    },
    async removeFolder(folder) {
      await rm(folder, { recursive: true, force: true });
      folders.delete(folder);
      tell('disown', folder);
    },
    async close() {
      isClosing = true;
      await replacing;
      current.child.stdin?.end();
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
      `The path of the temporary folder ${folder} is too long: on Linux, the path of a socket in this folder may be at most 107 bytes long. Set TMPDIR to a folder with a shorter path.`,
    );
  }
  refuseLineBreak(folder);
  try {
    await rm(createPrivateFolder(folder, PRIVATE_FOLDER_PREFIX), { recursive: true, force: true });
  } catch (error) {
    throw folderProblem(folder, error) ?? error;
  }
}

/** Rejects a path with a line break, because the warden reads one path per line. */
function refuseLineBreak(folder: string): void {
  if (!folder.includes('\n')) return;
  throw new Problem(
    'environment',
    `The path ${JSON.stringify(folder)} contains a line break. Use a folder without one; TMPDIR sets the temporary folder.`,
  );
}

async function launchWarden(): Promise<Launched> {
  const launched = launch({
    ...{ name: 'clean-up process', component: 'runner', command: 'sh', args: ['-c', PROGRAM] },
    ...{ cpus: null, ipc: false, stdin: 'pipe', stdout: 'pipe' },
  });
  const { stdin, stdout } = launched.child;
  // Ignores the error of a write to a warden that was just killed.
  stdin?.on('error', () => {});
  const ready = new Promise<true>((resolve) => stdout?.once('data', () => resolve(true)));
  const exit = await Promise.race([ready, launched.exited]);
  if (exit === true) return launched;
  const words = launched.stderrTail().trim().split('\n').at(-1) ?? '';
  throw new Problem(
    'environment',
    `The ${exitWords(launched, exit)} before it was ready.${words === '' ? '' : ` Its last output: ${words}`}`,
  );
}
