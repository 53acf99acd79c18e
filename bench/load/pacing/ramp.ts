import type { Clock } from '../clock.ts';

export interface RampOptions {
  clock: Clock;
  connections: number;
  /** 0: as fast as `pending` lets. */
  perSecond: number;
  /** Handshakes under way at once, at most: fewer than the listener's backlog holds. */
  pending: number;
  connect(index: number): void;
  onDone(): void;
}

/** Begins handshakes one after the other, no faster than asked and never too many at once. */
export interface Ramp {
  /** A handshake is over, whichever way. */
  handshakeOver(): void;
  /** Begins no more. */
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
      // Not at once: a handshake that fails while it begins must not recurse.
      else setImmediate(proceed);
    },
    stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
