import { relative } from 'node:path';
import { numberIn } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import type { Origin } from '../nginx/tree.ts';
import { type Code, type DataOf, finding } from '../wording/finding.ts';

/**
 * `error`: WebSockets do not work, as observed or as implied by the configuration. `warning`: they will fail
 * under common conditions. `note`: good to know.
 */
export const SEVERITIES = ['error', 'warning', 'note'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a trial with a real Nginx and real WebSockets showed, with the figures that other tools read. */
export interface Evidence extends Finding {
  /** HTTP status received instead of 101. */
  status?: number;
  /** Close code (RFC 6455 section 7.4); 1006 if there was no close frame. */
  closeCode?: number;
  /** Seconds until the WebSocket closed or the handshake was answered. */
  seconds?: number;
}

/** Lines to write, and the block in which they belong. */
export interface Remedy {
  block: 'main' | 'events' | 'http' | 'server' | 'location' | 'upstream' | 'stream';
  lines: readonly string[];
}

/**
 * Something in a configuration that WebSocket users should know. `code` identifies the finding, `data` holds
 * its details, and `text` is the sentence made from both (wording/check.ts).
 */
export interface LintFinding extends Finding {
  /** The topic, as a short name that never changes: `upgrade`, `idle-timeout`. One rule may have several codes. */
  rule: string;
  level: Severity;
  /** Position in the user's own files; null if no line there corresponds to the finding. */
  origin: Origin | null;
  /** What a trial showed; null if no trial showed this finding. */
  seen: Evidence | null;
  /** Suggested replacements; empty if nothing needs changing. */
  remedies: readonly Remedy[];
}

/**
 * Returns the evidence for a code and its data. An HTTP status, close code or duration in the data is also
 * returned as a member, whose name does not depend on the code.
 */
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

/** Sorts findings by severity, the worst first. Findings of the same severity are sorted by file and line. */
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

/** Returns `conf.d/app.conf:12`, with the file formatted as in `shownFile`; null if there is no line. */
export function shownPlace(origin: Origin | null): string | null {
  return origin === null ? null : `${shownFile(origin.file)}:${origin.line}`;
}

/**
 * Returns the path relative to the working directory if the file is inside it; otherwise the path unchanged.
 */
export function shownFile(file: string): string {
  return pathBelowWorkingDirectory(file) ?? file;
}

/** Returns the path of a file relative to the working directory; null if the file is not inside it. */
export function pathBelowWorkingDirectory(file: string): string | null {
  const path = relative(process.cwd(), file);
  return path === '..' || path.startsWith('../') ? null : path;
}
