import type { Origin } from '../nginx/tree.ts';

/**
 * `error`: WebSockets do not work, and that was seen or follows from the configuration; `warning`: they will
 * fail under conditions that are common; `note`: what one should know.
 */
export const LEVELS = ['error', 'warning', 'note'] as const;
export type Level = (typeof LEVELS)[number];

/** What happened when it was tried with a real Nginx and real WebSockets. */
export interface Evidence {
  /** A sentence for a person. */
  text: string;
  /** HTTP status that came in place of a 101, or of what else was asked for. */
  status?: number;
  /** Close code (RFC 6455 section 7.4); 1006 where there was no close frame. */
  closeCode?: number;
  /** From the last message, or from what else the text tells, to the close or the answer. */
  seconds?: number;
}

/** Lines to write, and the block that they belong into. */
export interface Remedy {
  block: 'main' | 'events' | 'http' | 'server' | 'location' | 'upstream' | 'stream';
  lines: readonly string[];
}

/** Something in a configuration that a person with WebSockets should know. */
export interface Finding {
  /** Short and stable, for programs: `upgrade`, `idle-timeout`. */
  rule: string;
  level: Level;
  /** Where in the person's own files; null where the file has no line for it. */
  origin: Origin | null;
  /** What is so, and what comes of it. */
  text: string;
  /** Null where it was not tried. */
  seen: Evidence | null;
  /** What to write instead; empty where there is nothing to change. */
  remedies: readonly Remedy[];
}

/** Worst first; within a level by file and line. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || compareOrigins(a.origin, b.origin),
  );
}

function compareOrigins(a: Origin | null, b: Origin | null): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1;
}

export function countByLevel(findings: readonly Finding[]): Record<Level, number> {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  return { error: count('error'), warning: count('warning'), note: count('note') };
}
