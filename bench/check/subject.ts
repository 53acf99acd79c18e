import { type Directive, directives, type Node } from '../nginx/tree.ts';
import type { Candidate, Sign } from './candidate.ts';
import type { Finding, Remedy } from './finding.ts';
import type { Seen } from './observation.ts';

/** What rules look at: a configuration as it was read, and what was seen when it ran. */
export interface Subject {
  tree: readonly Node[];
  /** Only a site, or locations: what stands in the main file is not known. */
  isPart: boolean;
  nginxVersion: string;
  candidates: readonly Candidate[];
  /** Null where it could not be run. */
  seen: Seen | null;
}

/** Pure, so that each is tested on a few lines of configuration. */
export type Rule = (subject: Subject) => Finding[];

/** What a location has to say of itself where it was not tried. */
const CARRYING: readonly Sign[] = ['asked', 'upgrade', 'stream'];

/** Whether WebSockets get through as far as is known: where none opens there are other worries. */
export function isSound({ seen }: Subject, candidate: Candidate): boolean {
  const outcome = seen?.locations.get(candidate)?.handshake.outcome;
  return outcome === undefined ? CARRYING.includes(candidate.sign) : outcome === 'echoed';
}

/**
 * The block to write lines into that replace or join directives of these names: the innermost level that has any,
 * because those of an inner level would take the place of all of them; the innermost level where none has.
 */
export function blockFor(levels: readonly Directive[], ...names: readonly string[]): Remedy['block'] {
  const level = levels.findLast(({ block }) => directives(block).some(({ name }) => names.includes(name)));
  const name = (level ?? levels.at(-1))?.name;
  return BLOCKS.find((block) => block === name) ?? 'location';
}

const BLOCKS = ['http', 'server', 'location', 'stream'] as const;

/** Argument of a directive of the main file, or of a block of it; null where it is not written. */
export function mainSetting(tree: readonly Node[], name: string, block?: string): string | null {
  const level = block === undefined ? tree : (directives(tree, block)[0]?.block ?? []);
  return directives(level, name)[0]?.args[0]?.text ?? null;
}

/** `worker_connections` where it is not written (ngx_event_core_module). */
export const DEFAULT_CONNECTIONS = 512;

export function workerConnections(tree: readonly Node[]): number {
  const written = Number(mainSetting(tree, 'worker_connections', 'events') ?? DEFAULT_CONNECTIONS);
  return Number.isInteger(written) && written > 0 ? written : DEFAULT_CONNECTIONS;
}
