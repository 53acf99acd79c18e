import type { Clock } from '../clock.ts';

export interface RampOptions {
  clock: Clock;
  connections: number;
  /** Handshakes to start per second; 0 starts them as fast as `pending` allows. */
  perSecond: number;
  /**
   * Maximum number of handshakes in progress, chosen to stay below the capacity of the listener's backlog.
   */
  pending: number;
  connect(index: number): void;
  onDone(): void;
}

/** Starts handshakes one after another, limiting both their rate and the number in progress. */
export interface Ramp {
  /** Signals that a handshake has ended, whether it succeeded or not. */
  handshakeOver(): void;
  /** Starts no further handshakes. */
  stop(): void;
}

const TICK_MS = 2;

export function startRamp(options: RampOptions): Ramp {
  const { clock, connections, perSecond, pending } = options;
  const startUs = clock();
  let begun = 0;
  let over = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;

  const allowed = () =>
    perSecond === 0
      ? connections
      : Math.min(connections, 1 + Math.floor(((clock() - startUs) * perSecond) / 1e6));
  const proceed = () => {
    const upTo = allowed();
    while (!stopped && begun < upTo && begun - over < pending) options.connect(begun++);
    if (stopped || begun === connections || begun < upTo) return;
    timer ??= setTimeout(() => {
      timer = null;
      proceed();
    }, TICK_MS);
  };
  setImmediate(connections === 0 ? options.onDone : proceed);
  return {
    handshakeOver() {
      over++;
      if (over === connections) options.onDone();
      // Deferred, because a handshake that fails immediately would otherwise cause recursion.
      else setImmediate(proceed);
    },
    stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
