import type { Alarm } from './alarm.ts';
import type { Ring, RingUser } from './ring.ts';

/** A callback, and the time at which to call it, in ms on the clock of `performance.now()`. */
export interface RingTimer {
  /** Time at which to call `wake`; Infinity for never. */
  dueMs: number;
  /**
   * The loop polls the clock instead of sleeping if `dueMs` is less than this many milliseconds ahead. With 0, the loop
   * always sleeps.
   */
  spinsWithinMs: number;
  wake(): void;
}

/**
 * Maximum time to wait in the kernel before the engine's event loop runs again. Equals the resolution of the engine's
 * timers.
 */
const LONGEST_WAIT_MS = 1;
/** Interval at which the engine's event loop runs while there are completions. */
const TURN_MS = 0.25;
/**
 * While many messages are unanswered, the loop waits for several completions at once, because otherwise it would make a
 * system call for almost every answer. An answer is delayed by at most `waitNs`, or by the time in which this `share`
 * of the unanswered messages is answered, if that is shorter. For fewer than `least` completions, this would delay
 * answers and save nothing.
 */
const GATHERED = { share: 1 / 16, least: 8, most: 64, waitNs: 500_000 } as const;
/** If no completion arrives for this long, the loop waits in the engine's event loop instead of in the kernel. */
const IDLE_MS = 5;

/**
 * Serves a ring from the engine's event loop, which cannot wait for completions itself. While completions arrive, this
 * loop waits for them in the kernel, and lets the engine's loop run at least every millisecond. When idle, it is
 * woken by a signal through an eventfd.
 */
export class RingLoop {
  readonly ring: Ring;
  readonly #alarm: Pick<Alarm, 'arm'>;
  /** Whether a turn is running or about to run. */
  #isAwake = false;
  #activeMs = 0;
  #timer: RingTimer | null = null;
  /** Number of completions to wait for if there is no timer. */
  #together = 1;
  #timeout: NodeJS.Timeout | null = null;

  constructor(ring: Ring, alarm: Pick<Alarm, 'arm'>) {
    this.ring = ring;
    this.#alarm = alarm;
    ring.signals(false);
  }

  /** Makes sure that new requests are submitted soon. */
  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.#activeMs = performance.now();
    this.ring.signals(false);
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    this.#timeout = null;
    setImmediate(this.#turn);
  }

  /** As in `Ring`. */
  submitLater(user: RingUser): void {
    this.ring.submitLater(user);
    this.wake();
  }

  /** Sets the only timer of this loop. Call `wake` after changing it. */
  setTimer(timer: RingTimer | null): void {
    this.#timer = timer;
    this.wake();
  }

  /**
   * Sets how many messages will be unanswered at any one time. If there is no timer, the loop then waits for several
   * completions at once.
   */
  gather(unanswered: number): void {
    const together = Math.min(GATHERED.most, Math.floor(unanswered * GATHERED.share));
    this.#together = together < GATHERED.least ? 1 : together;
  }

  readonly #turn = (): void => {
    let goesOn = true;
    try {
      goesOn = this.#serve();
    } finally {
      if (goesOn) setImmediate(this.#turn);
    }
  };

  /**
   * Handles completions and the timer for one turn. Returns false if the engine's event loop takes over the
   * waiting.
   */
  #serve(): boolean {
    const startMs = performance.now();
    let nowMs = startMs;
    do {
      const together = this.#timer === null ? this.#together : 1;
      const waitNs = Math.min(this.#waitNs(nowMs), together > 1 ? GATHERED.waitNs : Number.POSITIVE_INFINITY);
      // While the loop spins, it checks shared memory instead of making system calls.
      if ((waitNs > 0 || this.ring.isDirty || this.ring.isReady) && this.ring.turn(waitNs, together) > 0)
        this.#activeMs = nowMs;
      nowMs = performance.now();
      this.#checkTimer(nowMs);
    } while (nowMs - startMs < TURN_MS);
    if (nowMs - this.#activeMs < IDLE_MS || this.#aheadMs(nowMs) < IDLE_MS) return true;
    return !this.#rest(nowMs);
  }

  #checkTimer(nowMs: number): void {
    const timer = this.#timer;
    if (timer === null || nowMs < timer.dueMs) return;
    timer.dueMs = Number.POSITIVE_INFINITY;
    timer.wake();
    this.ring.flush();
  }

  #aheadMs(nowMs: number): number {
    if (this.#timer === null) return Number.POSITIVE_INFINITY;
    return this.#timer.dueMs - nowMs < this.#timer.spinsWithinMs ? 0 : this.#timer.dueMs - nowMs;
  }

  #waitNs(nowMs: number): number {
    const aheadMs = this.#aheadMs(nowMs);
    return aheadMs <= 0 ? 0 : Math.min(LONGEST_WAIT_MS, aheadMs) * 1e6;
  }

  /**
   * Switches to waiting in the engine's event loop. Returns false without switching if completions have just
   * arrived.
   */
  #rest(nowMs: number): boolean {
    this.ring.signals(true);
    if (this.ring.turn(0) > 0 || this.ring.isDirty) {
      this.#activeMs = nowMs;
      this.ring.signals(false);
      return false;
    }
    this.#isAwake = false;
    this.#alarm.arm(() => this.wake());
    const aheadMs = this.#aheadMs(nowMs);
    if (aheadMs < Number.POSITIVE_INFINITY)
      this.#timeout = setTimeout(() => this.wake(), Math.floor(aheadMs) - 2);
    return true;
  }
}
