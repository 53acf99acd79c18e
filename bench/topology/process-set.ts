import { identityOf, isRunning } from './owner.ts';
import { type Exit, exitWords, type Launched, type LaunchOptions, launch } from './process.ts';
import type { Scope } from './scope.ts';
import type { Warden } from './warden.ts';

const STOP_MS = 3_000;
/** Interval at which watched processes that are not children of this process are checked. */
const LOOK_MS = 250;

/** A process and the name used for it in messages. */
export type NamedProcess = Pick<Launched, 'name' | 'pid'>;

/**
 * All processes of one run. Each is registered with the warden, and all have exited when the scope has
 * closed.
 */
export interface ProcessSet {
  /** Like `launch` in process.ts, but adds the process to this set. */
  launch(options: LaunchOptions): Launched;
  /** Adds a process that was just launched elsewhere. */
  adopt(launched: Launched): void;
  /** Launches a process that exits by itself. */
  launchTask(options: LaunchOptions): Launched;
  /** Stops one process that has finished its work. */
  retire(launched: Launched): Promise<void>;
  /**
   * Watches a process that this process did not start itself, such as the new master during an upgrade of the
   * proxy's binary. The watched process belongs to the group of a launched process, and ends with this group.
   */
  watch(other: NamedProcess): void;
  /**
   * Registers something else to close with the set. It is closed after all processes that were launched later
   * have been stopped.
   */
  closing(what: string, close: () => void): void;
  /** Declares that the exit of a process is part of the run, and not unexpected. */
  expectExit(process: NamedProcess): void;
  /** From now on, no exit of a process counts as unexpected. */
  dismiss(): void;
  /** Immediately kills all processes that are still running. */
  kill(): void;
  /**
   * Reports the loss of something that all processes depend on, as if a process had exited unexpectedly. The
   * sentence names what was lost.
   */
  fail(sentence: string): void;
  /** Resolves with a sentence after a process has exited unexpectedly and its last output has been read. */
  readonly unexpectedExit: Promise<string>;
  /** Whether a process has exited unexpectedly; may become true before `unexpectedExit` resolves. */
  hasUnexpectedExit(): boolean;
}

export function makeProcessSet(scope: Scope, warden: Warden): ProcessSet {
  const running = new Set<Launched>();
  const retired = new Set<NamedProcess>();
  let dismissed = false;
  let exited = false;
  let tell = (_sentence: string) => {};
  const unexpectedExit = new Promise<string>((resolve) => {
    tell = resolve;
  });

  function reportExit(sentence: string): void {
    exited = true;
    tell(sentence);
  }

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
    watch(other) {
      const identity = identityOf(other.pid);
      const timer = setInterval(() => {
        if (identity !== null && isRunning(identity)) return;
        clearInterval(timer);
        if (!dismissed && !retired.has(other))
          reportExit(`${other.name} (process ${other.pid}) exited during the run.`);
      }, LOOK_MS);
      timer.unref();
      scope.add(`look at ${other.name}`, () => clearInterval(timer));
    },
    async retire(launched) {
      retired.add(launched);
      await launched.stop('SIGTERM', STOP_MS);
    },
    closing: (what, close) => scope.add(what, close),
    expectExit(process) {
      retired.add(process);
    },
    dismiss() {
      dismissed = true;
    },
    kill() {
      dismissed = true;
      for (const launched of running) void launched.stop('SIGKILL', 0);
    },
    fail(sentence) {
      if (!dismissed) reportExit(sentence);
    },
    unexpectedExit,
    hasUnexpectedExit: () => exited,
  };
}

function exitReason(launched: Launched, exit: Exit): string {
  const lines = launched.stderrTail().trim().split('\n');
  // After an uncaught error, Node and Bun print a stack and their own version.
  const words = lines.findLast((line) => /^(\w*Error\b.*?|error): /.test(line)) ?? lines.at(-1) ?? '';
  return `${exitWords(launched, exit)} during the run.${words === '' ? '' : ` Its last output: ${words}`}`;
}
