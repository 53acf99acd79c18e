import { Problem } from '../model/failure.ts';
import type { Machine } from '../model/machine.ts';
import type { Notice } from '../model/notice.ts';
import type { Plan, RunPlan } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import { preflight } from './preflight.ts';
import type { RunRequest } from './request.ts';
import { quoted } from './units.ts';

/** One run as planned, with what the preflight has to say of it. */
export interface PlannedRun {
  plan: RunPlan;
  profile: Profile;
  notices: Notice[];
}

/** What a request does not say itself. */
export interface PlanningContext {
  /** argv without node and script. */
  command: readonly string[];
  now: Date;
  /** Taken where the request names none: a whole number below 2^32. */
  seed: number;
  machine: Machine;
}

/** Decides everything about the runs of a request, one for each profile; throws a Problem where it cannot. */
export function makePlan(
  request: RunRequest,
  profiles: readonly Profile[],
  { command, now, seed: drawn, machine }: PlanningContext,
): { id: string; plan: Plan; runs: PlannedRun[] } {
  const seed = request.seed ?? drawn;
  const id = `${timestamp(now)}-${nameOf(request)}`;
  // Ports that a run has bound stay in TIME_WAIT for a minute. Each run has addresses of its own, and
  // a new invocation begins somewhere else (200 addresses share three octets).
  let firstAddress = (seed % 250) * 200;
  const runs = profiles.map((profile) => {
    const planned = preflight(request, profile, machine, { seed, firstAddress });
    firstAddress += planned.plan.sourceAddresses.length;
    return { ...planned, profile };
  });
  const plan: Plan = {
    command: [...command],
    seed,
    strict: request.strict,
    thresholds: request.thresholds.map(({ text }) => text),
    runs: runs.map((run) => run.plan),
  };
  return { id, plan, runs };
}

/** `20250102T030405Z`: sorts by time, and is fit for a file name on every system. */
function timestamp(now: Date): string {
  return now.toISOString().replace(/\.\d+|[-:]/g, '');
}

const MOST_NAME_CHARACTERS = 80;

/** The part of a result's id that a person chooses; only characters that `resultSchema` allows. */
function nameOf({ name, profiles }: RunRequest): string {
  const wanted = name ?? (profiles.length > 3 ? `${profiles.length}-profiles` : profiles.join('-'));
  const cleaned = wanted
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, MOST_NAME_CHARACTERS);
  if (cleaned !== '') return cleaned;
  throw new Problem(
    'usage',
    `--name ${quoted(wanted)} has no letter or digit (A to Z, 0 to 9) that could name a folder.`,
  );
}
