import type { RecordedNames } from '../model/recording.ts';
import { FAN_OUT_HISTOGRAMS } from './fan-outs.ts';
import type { Recorder } from './recorder.ts';

/**
 * Names of the counters, gauges and histograms for publications that a server sends to many members. For each
 * worker, `expected` = `delivered` + `skipped` + `missed` + `pending`.
 * - `expected`: publications due (according to the schedule, not the server) × members with an open
 *   connection.
 * - `skipped`: deliveries that the server left out, because the member had fallen behind. The member sees the
 *   gap when its next publication arrives.
 * - `missed`: deliveries that had not arrived when the member's connection ended.
 * - `pending`: deliveries that have not arrived so far.
 *
 * `delivery` is the time from the intended time of a publication to its arrival at a member.
 */
export const DELIVERY_NAMES = {
  counters: ['expected', 'delivered', 'skipped', 'missed'],
  gauges: ['pending'],
  histograms: ['delivery', ...FAN_OUT_HISTOGRAMS],
} as const satisfies RecordedNames;

/** The names under which the deliveries to one group of members are recorded. */
export type DeliveryNames = Record<'expected' | 'delivered' | 'skipped' | 'missed' | 'pending', string>;

/** The names used if all members form a single group. */
export const ALL_MEMBERS: DeliveryNames = {
  expected: 'expected',
  delivered: 'delivered',
  skipped: 'skipped',
  missed: 'missed',
  pending: 'pending',
};

/** Records what happens to the deliveries of one group of members. Times must not decrease. */
export class Deliveries {
  readonly #recorder: Recorder;
  readonly #names: DeliveryNames;
  pending = 0;

  /** @param recorder must have been created with the names in `names` */
  constructor(recorder: Recorder, names: DeliveryNames) {
    this.#recorder = recorder;
    this.#names = names;
    recorder.level(names.pending, () => this.pending);
  }

  /** Records that a publication to `members` members of the group became due. */
  expected(nowUs: number, members: number): void {
    this.#count(nowUs, 'expected', members);
    this.pending += members;
  }

  delivered(nowUs: number, bytes: number): void {
    this.#count(nowUs, 'delivered', 1);
    this.pending--;
    this.#recorder.count('bytesReceived', bytes);
  }

  skipped(nowUs: number, publications: number): void {
    this.#count(nowUs, 'skipped', publications);
    this.pending -= publications;
  }

  missed(nowUs: number, publications: number): void {
    this.#count(nowUs, 'missed', publications);
    this.pending -= publications;
  }

  /** Call this before `pending` changes, because it may emit a recording of an earlier second. */
  #count(nowUs: number, what: keyof DeliveryNames, by: number): void {
    this.#recorder.at(nowUs);
    this.#recorder.count(this.#names[what], by);
  }
}
