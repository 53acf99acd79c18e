import { type Exit, exitWords, type Launched, type LaunchOptions, launch } from './process.ts';
import type { Scope } from './scope.ts';
import type { Warden } from './warden.ts';

const STOP_MS = 3_000;

/**
 * All processes of one run. Each is registered with the warden, and all have exited once the scope has
 * closed.
 */
export interface ProcessSet {
  /** Like `launch` of process.ts, for a process of this set. */
  launch(options: LaunchOptions): Launched;
  /** Adds a process that was just launched elsewhere. */
  adopt(launched: Launched): void;
  /** Launches a process that exits by itself. */
  launchTask(options: LaunchOptions): Launched;
  /** Stops one process that has finished its work. */
  retire(launched: Launched): Promise<void>;
  /** Declares that this process's exit is part of the run, and not unexpected. */
  expectExit(launched: Launched): void;
  /** From now on, any process of the set may exit. */
  dismiss(): void;
  /** Immediately kills all processes that are still running. */
  kill(): void;
  /** Reports as an unexpected exit that something all processes depend on is gone; the sentence names it. */
  fail(sentence: string): void;
  /** Resolves with a sentence when a process exits unexpectedly, once its last output has been read. */
  readonly unexpectedExit: Promise<string>;
  /** Whether a process has exited unexpectedly; may become true before `unexpectedExit` resolves. */
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
