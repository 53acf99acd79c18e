import { type Exit, exitWords, type Launched, type LaunchOptions, launch } from './process.ts';
import type { Scope } from './scope.ts';
import type { Warden } from './warden.ts';

const STOP_MS = 3_000;

/** All processes of one run: the warden knows each of them, and all have ended when the scope has closed. */
export interface ProcessSet {
  /** As `launch` of process.ts, for a process of this set. */
  launch(options: LaunchOptions): Launched;
  /** Adds a process that has just been launched elsewhere. */
  adopt(launched: Launched): void;
  /** Launches one that ends by itself. */
  launchTask(options: LaunchOptions): Launched;
  /** Stops one process whose work is done. */
  retire(launched: Launched): Promise<void>;
  /** The end of this one is part of the run: it is no unexpected exit. */
  expectExit(launched: Launched): void;
  /** From now on any of them may end. */
  dismiss(): void;
  /** Has those still running killed at once. */
  kill(): void;
  /** What they all stand on is gone, as this sentence says: it counts as an unexpected exit. */
  fail(sentence: string): void;
  /** Resolves with a sentence when a process ends that should not have, once its last words are known. */
  readonly unexpectedExit: Promise<string>;
  /** True from the moment of such an end on: what `unexpectedExit` says is on its way. */
  hasUnexpectedExit(): boolean;
}

export function makeProcessSet(scope: Scope, warden: Warden): ProcessSet {
  const running = new Set<Launched>();
  const retired = new Set<Launched>();
  let dismissed = false;
  let exited = false;
  let tell = (_sentence: string) => {};
  const unexpectedExit = new Promise<string>((resolve) => {
    tell = resolve;
  });

  function adopt(launched: Launched): void {
    running.add(launched);
    warden.watch(launched.pid);
    scope.add(launched.name, async () => {
      await launched.stop('SIGTERM', STOP_MS);
    });
    let expected = true;
    launched.child.once('exit', () => {
      expected = dismissed || retired.has(launched);
      exited ||= !expected;
    });
    void launched.exited.then((exit) => {
      running.delete(launched);
      warden.forget(launched.pid);
      if (!expected) tell(exitReason(launched, exit));
    });
  }

  return {
    launch(options) {
      const launched = launch(options);
      adopt(launched);
      return launched;
    },
    launchTask(options) {
      const launched = launch(options);
      retired.add(launched);
      adopt(launched);
      return launched;
    },
    adopt,
    async retire(launched) {
      retired.add(launched);
      await launched.stop('SIGTERM', STOP_MS);
    },
    expectExit(launched) {
      retired.add(launched);
    },
    dismiss() {
      dismissed = true;
    },
    kill() {
      dismissed = true;
      for (const launched of running) void launched.stop('SIGKILL', 0);
    },
    fail(sentence) {
      if (dismissed) return;
      exited = true;
      tell(sentence);
    },
    unexpectedExit,
    hasUnexpectedExit: () => exited,
  };
}

function exitReason(launched: Launched, exit: Exit): string {
  const words = launched.stderrTail().trim().split('\n').at(-1) ?? '';
  return `${exitWords(launched, exit)} during the run.${words === '' ? '' : ` Its last output: ${words}`}`;
}
