import { type Directive, directives, type Node, texts } from '../nginx/tree.ts';
import type { EmptyInclude } from '../wording/sandbox.ts';
import { type Candidate, type Sign, shownPath } from './candidate.ts';
import { type Evidence, evidence, type LintFinding, type Remedy } from './finding.ts';
import type { Seen } from './observation.ts';

/** The input of rules: a configuration as it was read, and the observations from running it. */
export interface Subject {
  tree: readonly Node[];
  /** Whether the configuration is only a site or locations, without the settings of the main file. */
  isPart: boolean;
  /** The includes that match no file. */
  missing: readonly EmptyInclude[];
  nginxVersion: string;
  candidates: readonly Candidate[];
  /** Observations from running the configuration; null if it could not be run. */
  seen: Seen | null;
}

/** A rule is a pure function, so a few lines of configuration suffice to test it. */
export type Rule = (subject: Subject) => LintFinding[];

/** If a location was not tried, these signs count as proof that WebSockets can connect through it. */
const CARRYING: readonly Sign[] = ['asked', 'upgrade', 'stream'];

/** Whether WebSockets can connect, as far as is known. If none can, other findings matter more. */
export function isSound({ seen }: Subject, candidate: Candidate): boolean {
  const outcome = seen?.locations.get(candidate)?.handshake.outcome;
  return outcome === undefined ? CARRYING.includes(candidate.sign) : outcome === 'echoed';
}

/** Returns the observations of a handshake that failed; null if it succeeded or was not tried. */
export function failedHandshake({ seen }: Subject, candidate: Candidate): Evidence | null {
  const handshake = seen?.locations.get(candidate)?.handshake;
  if (handshake === undefined || handshake.outcome === 'echoed') return null;
  const { outcome, arrived } = handshake;
  return evidence('handshake-answered', { path: shownPath(candidate), outcome, arrived });
}

/**
 * Returns the block in which to write lines that replace or join directives with these names: the innermost
 * level that contains such directives, because lines further in would replace all of them. If no level
 * contains any, returns the innermost level of all.
 */
export function blockFor(levels: readonly Directive[], ...names: readonly string[]): Remedy['block'] {
  const level = levels.findLast(({ block }) => directives(block).some(({ name }) => names.includes(name)));
  const name = (level ?? levels.at(-1))?.name;
  return BLOCKS.find((block) => block === name) ?? 'location';
}

const BLOCKS = ['http', 'server', 'location', 'stream'] as const;

/**
 * Returns the first argument of a directive in the main file or in one of its blocks; null if it is not
 * specified.
 */
export function mainSetting(tree: readonly Node[], name: string, block?: string): string | null {
  const level = block === undefined ? tree : directives(tree, block)[0]?.block;
  return directives(level, name)[0]?.args[0]?.text ?? null;
}

/** The default of `worker_connections` (ngx_event_core_module). */
export const DEFAULT_CONNECTIONS = 512;

export function workerConnections(tree: readonly Node[]): number {
  const written = Number(mainSetting(tree, 'worker_connections', 'events'));
  return Number.isInteger(written) && written > 0 ? written : DEFAULT_CONNECTIONS;
}

const UNIT_SECONDS: Record<string, number> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_592_000,
  y: 31_536_000,
};

/** Returns the seconds that a directive sets; null if its value is not a time. */
export function settingSeconds(directive: Directive): number | null {
  return secondsIn(texts(directive).join(' '));
}

/**
 * Returns the seconds of a time in Nginx notation, such as `1h 30m` or `60` (ngx_parse_time); null if it is
 * not a time.
 */
export function secondsIn(text: string): number | null {
  if (!/^(?:\d+(?:ms|[smhdwMy])\s*)*\d+(?:ms|[smhdwMy])?$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwMy])?/g)];
  return parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 1), 0);
}
