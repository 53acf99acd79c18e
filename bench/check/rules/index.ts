import { place } from '../../nginx/tree.ts';
import { type LintFinding, sorted } from '../finding.ts';
import type { Rule, Subject } from '../subject.ts';
import { accessLog } from './access-log.ts';
import { buffering } from './buffering.ts';
import { cache } from './cache.ts';
import { connections, openFiles } from './capacity.ts';
import { connection } from './connection.ts';
import { handshake } from './handshake.ts';
import { http2 } from './http2.ts';
import { idle } from './idle.ts';
import { part } from './part.ts';
import { resumption } from './resumption.ts';
import { shutdown } from './shutdown.ts';
import { httpVersion, upgrade } from './upgrade.ts';
import { ipHash, maxFails, zone } from './upstream.ts';

/** Every rule, in the order in which people run into its subject. */
const RULES: readonly Rule[] = [
  upgrade,
  httpVersion,
  handshake,
  connection,
  idle,
  connections,
  openFiles,
  cache,
  http2,
  shutdown,
  zone,
  ipHash,
  maxFails,
  resumption,
  buffering,
  accessLog,
  part,
];

/** What the rules find, each only once: a line may apply to several locations. */
export function judge(subject: Subject): LintFinding[] {
  const found = new Map<string, LintFinding>();
  for (const finding of sorted(RULES.flatMap((rule) => rule(subject)))) {
    const key = `${finding.rule} ${place(finding.origin)}`;
    if (!found.has(key)) found.set(key, finding);
  }
  return [...found.values()];
}
