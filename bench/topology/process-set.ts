import { type Exit, type Launched, type LaunchOptions, launch } from './process.ts';
import type { Scope } from './scope.ts';
import type { Warden } from './warden.ts';

const STOP_MS = 3_000;

/** All processes of one run: none is unknown to the warden, and all are gone when the scope closes. */
export interface ProcessSet {
  /** As `launch` of process.ts, for a process of this processSet. */
  launch(options: LaunchOptions): Launched;
  /** Takes in a process that somebody else launched a moment ago. */
  adopt(launched: Launched): void;
  /** Stops one process whose work is done. */
  retire(launched: Launched): Promise<void>;
  /** From now on an end of any of them is expected. */
  dismiss(): void;
  /** Has those still running killed at once. */
  kill(): void;
  /** Resolves with a sentence when a process ends that should not have, once its last words are known. */
  readonly lost: Promise<string>;
  /** False from the moment of such an end on: what `lost` says is on its way. */
  isWhole(): boolean;
}

export function makeProcessSet(scope: Scope, warden: Warden): ProcessSet {
  const running = new Set<Launched>();
  const retired = new Set<Launched>();
  let dismissed = false;
  let whole = true;
  let tellLost = (_sentence: string) => {};
  const lost = new Promise<string>((resolve) => {
    tellLost = resolve;
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
      whole &&= expected;
    });
    void launched.exited.then((exit) => {
      running.delete(launched);
      warden.forget(launched.pid);
      if (!expected) tellLost(exitReason(launched, exit));
    });
  }

  return {
    launch(options) {
      const launched = launch(options);
      adopt(launched);
      return launched;
    },
    adopt,
    async retire(launched) {
      retired.add(launched);
      await launched.stop('SIGTERM', STOP_MS);
    },
    dismiss() {
      dismissed = true;
    },
    kill() {
      dismissed = true;
      for (const launched of running) void launched.stop('SIGKILL', 0);
    },
    lost,
    isWhole: () => whole,
  };
}

function exitReason({ name, pid, stderrTail }: Launched, { code, signal }: Exit): string {
  const how = signal !== null ? `was killed by ${signal}` : `exited with code ${code}`;
  const words = stderrTail().trim().split('\n').at(-1) ?? '';
  return `${name} (process ${pid}) ${how} in mid-run.${words === '' ? '' : ` Its last words: ${words}`}`;
}
