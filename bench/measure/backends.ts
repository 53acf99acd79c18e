import { counted } from '../model/recording.ts';
import type { Run, Slice } from '../model/run.ts';
import { total } from './arithmetic.ts';
import { failedHandshakes } from './attempts.ts';
import { type Summary, summarise } from './histogram.ts';
import { mergeSlices } from './span.ts';

/** The largest number of echo servers whose connections are recorded separately. */
export const MOST_BACKENDS = 16;

/** Names of the gauges for the open connections on each echo server; `server1` is the first server. */
export const BACKEND_GAUGES: readonly string[] = Array.from(
  { length: MOST_BACKENDS },
  (_, index) => `server${index + 1}`,
);

/** A spread counts as even if every server's share is within this ratio of an equal share. */
export const EVEN = 1.25;

/** Reports whether connections are spread evenly over servers; false if there are no connections. */
export function isEven(open: readonly number[]): boolean {
  const equal = total(open) / open.length;
  return equal > 0 && open.every((count) => count >= equal / EVEN && count <= equal * EVEN);
}

/** Figures for a run in which an echo server is lost and returns. Lists have one entry for each server. */
export interface BackendFigures {
  /** Index of the server that was lost, from 0; null if no server was lost. */
  lost: number | null;
  /** When the server was lost and when it returned, in µs since the run's epoch. */
  lostUs: number | null;
  returnedUs: number | null;
  /** Open connections on each server at the end of each second. */
  course: { atUs: number; open: number[] }[];
  /** Open connections on each server shortly before the loss, before the return, and at the end of the steady phase. */
  before: number[] | null;
  atReturn: number[] | null;
  atEnd: number[] | null;
  /**
   * Time from the server's return until the spread was even and stayed even, as seen at the end of each second.
   * 0 if the spread was even when the server returned; null if it was not even at the end.
   */
  evenAfterUs: number | null;
  /** Number of connection attempts that failed while the server was gone. */
  failedWhileGone: number;
  /** Response times before the loss, while the server was gone, and after its return. */
  responses: Record<'before' | 'gone' | 'after', Summary>;
}

/** Returns the figures of a run; null if the run does not record connections by server. */
export function backendsOf(run: Run): BackendFigures | null {
  const gauges = BACKEND_GAUGES.slice(0, run.plan.servers);
  const slices = run.slices.filter(
    ({ startUs, endUs, gauges }) => endUs > startUs && gauges.server1 !== undefined,
  );
  if (slices.length === 0) return null;
  const course = slices
    .filter(({ phase }) => phase !== 'drain')
    .map((slice) => ({ atUs: slice.endUs, open: gauges.map((name) => counted(slice.gauges, name)) }));
  const loss = doneAt(run, 'kill-server', 'stop-server');
  const lostUs = loss?.atUs ?? null;
  const returnedUs = doneAt(run, 'start-server', 'continue-server')?.atUs ?? null;
  const lastBefore = (us: number | null) =>
    us === null ? null : (course.findLast(({ atUs }) => atUs <= us)?.open ?? null);
  const steady = slices.filter(({ phase }) => phase === 'steady' || phase === 'drain');
  const within = (fromUs: number, toUs: number): Slice[] =>
    steady.filter(({ startUs, endUs }) => (startUs + endUs) / 2 >= fromUs && (startUs + endUs) / 2 < toUs);
  const goneUntilUs = returnedUs ?? Number.POSITIVE_INFINITY;
  const gone = lostUs === null ? [] : within(lostUs, goneUntilUs);
  const times = (of: readonly Slice[]) => summarise(mergeSlices(of, 'response'));
  return {
    lost: loss === null || !('server' in loss.action) ? null : loss.action.server,
    lostUs,
    returnedUs,
    course,
    before: lastBefore(lostUs),
    atReturn: lastBefore(returnedUs),
    atEnd: course.at(-1)?.open ?? null,
    evenAfterUs: returnedUs === null ? null : evenAfter(course, returnedUs),
    failedWhileGone: lostUs === null ? 0 : failedHandshakes(run, { startUs: lostUs, endUs: goneUntilUs }),
    responses: {
      before: times(within(0, lostUs ?? Number.POSITIVE_INFINITY)),
      gone: times(gone),
      after: times(returnedUs === null ? [] : within(returnedUs, Number.POSITIVE_INFINITY)),
    },
  };
}

function doneAt(
  { timeline }: Run,
  ...kinds: Run['timeline'][number]['action']['kind'][]
): Run['timeline'][number] | null {
  return timeline.find(({ action, failure }) => failure === null && kinds.includes(action.kind)) ?? null;
}

function evenAfter(course: BackendFigures['course'], returnedUs: number): number | null {
  const lastUneven = course.findLastIndex(({ open }) => !isEven(open));
  const since = course[lastUneven + 1];
  return since === undefined ? null : Math.max(0, since.atUs - returnedUs);
}
