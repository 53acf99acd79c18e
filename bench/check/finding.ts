import { relative } from 'node:path';
import { numberIn } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import type { Origin } from '../nginx/tree.ts';
import { type Code, type DataOf, finding } from '../wording/finding.ts';

/**
 * `error`: WebSockets do not work; this was seen, or follows from the configuration. `warning`: they will fail under
 * common conditions. `note`: good to know.
 */
export const SEVERITIES = ['error', 'warning', 'note'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What happened when it was tried with a real Nginx and real WebSockets, and the figures that other tools look for. */
export interface Evidence extends Finding {
  /** HTTP status that came instead of a 101. */
  status?: number;
  /** Close code (RFC 6455 section 7.4); 1006 if there was no close frame. */
  closeCode?: number;
  /** How long it took until the close or the answer. */
  seconds?: number;
}

/** Lines to write, and the block that they belong in. */
export interface Remedy {
  block: 'main' | 'events' | 'http' | 'server' | 'location' | 'upstream' | 'stream';
  lines: readonly string[];
}

/**
 * Something in a configuration that people with WebSockets should know. `code` says what is so, `data` has its
 * particulars, and `text` is the sentence made of both (wording/check.ts).
 */
export interface LintFinding extends Finding {
  /** What it is about, short and stable: `upgrade`, `idle-timeout`. A rule may have several codes. */
  rule: string;
  level: Severity;
  /** Where in the person's own files; null if the file has no line for it. */
  origin: Origin | null;
  /** Null if it was not tried. */
  seen: Evidence | null;
  /** What to write instead; empty if there is nothing to change. */
  remedies: readonly Remedy[];
}

/** Evidence repeats the figures of its data under the same names for every code. */
export function evidence<C extends Code>(code: C, data: DataOf<C>): Evidence {
  const said = finding(code, data);
  const { outcome, closeCode, seconds } = said.data;
  const status = typeof outcome === 'string' ? numberIn(outcome, 'status') : null;
  return {
    ...said,
    ...(status === null ? {} : { status }),
    ...(typeof closeCode === 'number' ? { closeCode } : {}),
    ...(typeof seconds === 'number' ? { seconds } : {}),
  };
}

/** Worst first; within a level by file and line. */
export function sorted(findings: readonly LintFinding[]): LintFinding[] {
  return findings.toSorted(
    (a, b) => SEVERITIES.indexOf(a.level) - SEVERITIES.indexOf(b.level) || compareOrigins(a.origin, b.origin),
  );
}

function compareOrigins(a: Origin | null, b: Origin | null): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  return a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1;
}

export function countByLevel(findings: readonly LintFinding[]): Record<Severity, number> {
  const count = (level: Severity) => findings.filter((each) => each.level === level).length;
  return { error: count('error'), warning: count('warning'), note: count('note') };
}

/** `conf.d/app.conf:12`, with the file as in `shownFile`; null if there is no line. */
export function shownPlace(origin: Origin | null): string | null {
  return origin === null ? null : `${shownFile(origin.file)}:${origin.line}`;
}

/** A file relative to the working directory if it lies below it; otherwise as it is. */
export function shownFile(file: string): string {
  return pathBelowWorkingDirectory(file) ?? file;
}

/** The path of a file relative to the working directory; null if it does not lie below it. */
export function pathBelowWorkingDirectory(file: string): string | null {
  const path = relative(process.cwd(), file);
  return path === '..' || path.startsWith('../') ? null : path;
}
