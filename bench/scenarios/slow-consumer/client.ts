import type { MakeClient } from '../../load/sessions/client.ts';
import { ALL_MEMBERS, Deliveries } from '../../measure/deliveries.ts';
import { type Member, makeMembers } from '../broadcast/members.ts';
import { isSlow, LAYOUT, SLOW_MEMBERS } from './definition.ts';

/** Interval, in µs, at which a slow client's budget is refilled at the rate given by `--read-rate`. */
const REFILL_US = 100_000;

/**
 * Every connection receives all publications. During the stall, a share of the clients stops reading, or only
 * reads at a given rate. The other clients are timed separately before, during and after the stall.
 */
export const makeClient: MakeClient<Member> = (context, sessions) => {
  const { plan, recorder, clock, callAt } = context;
  const share = Number(plan.workload.options['slow-share']);
  const bytesPerSecond = Number(plan.workload.options['read-rate']);
  const others = new Deliveries(recorder, ALL_MEMBERS);
  const slow = new Deliveries(recorder, SLOW_MEMBERS);
  let stallUs = Number.POSITIVE_INFINITY;
  let resumeUs = Number.POSITIVE_INFINITY;
  let stopped = false;
  /**
   * Bytes that each slow client may still read, by connection; negative if the last read exceeded this
   * number.
   */
  const budgets = new Map<number, number>();
  const isStalling = () => stallUs < Number.POSITIVE_INFINITY && resumeUs === Number.POSITIVE_INFINITY;

  const slowOnes = () => sessions.allOpen().filter(({ id }) => isSlow(id, share));
  const refill = (atUs: number) => {
    callAt(atUs, () => {
      if (stopped || !isStalling()) return;
      for (const session of slowOnes()) {
        const budget = Math.min(0, budgets.get(session.id) ?? 0) + (bytesPerSecond * REFILL_US) / 1e6;
        budgets.set(session.id, budget);
        if (budget > 0) session.resume();
      }
      refill(atUs + REFILL_US);
    });
  };
  const members = makeMembers(context, sessions, {
    layout: LAYOUT,
    deliveriesOf: (id) => (isSlow(id, share) ? slow : others),
    arrived(session, { intendedUs }, nowUs, bytes) {
      if (isSlow(session.id, share)) {
        if (!isStalling()) return;
        const budget = (budgets.get(session.id) ?? 0) - bytes;
        budgets.set(session.id, budget);
        if (budget <= 0) session.pause();
        return;
      }
      const name = intendedUs < stallUs ? 'before' : intendedUs < resumeUs ? 'during' : 'after';
      recorder.of(nowUs, intendedUs).histograms[name]?.record(nowUs - intendedUs);
    },
  });
  return {
    ...members,
    stall() {
      stallUs = clock();
      const own = slowOnes();
      recorder.at(stallUs);
      recorder.count('stalled', own.length);
      for (const session of own) session.pause();
      if (bytesPerSecond > 0) refill(stallUs + REFILL_US);
    },
    resume() {
      resumeUs = clock();
      for (const session of slowOnes()) session.resume();
    },
    stop(nowUs) {
      stopped = true;
      members.stop(nowUs);
    },
  };
};
