import { resolve } from 'node:path';
import { type ConfigurationOptions, STDIN_NAME } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { emptyIncludes, namingEmptyIncludes } from '../nginx/empty-include.ts';
import { type Changes, collectChanges, type OnChange } from '../nginx/notices.ts';
import { givenSecrets, maskedFinding, maskedPath, maskerOf, maskProblems } from '../nginx/secrets.ts';
import { REJECTED_BY_NGINX } from '../nginx/start.ts';
import type { Node, Origin } from '../nginx/tree.ts';
import { readTuned } from '../nginx/tuned.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import { atWorkplace } from '../topology/workplace.ts';
import { finding } from '../wording/finding.ts';
import type { EmptyInclude } from '../wording/sandbox.ts';
import { type Candidate, findCandidates } from './candidate.ts';
import { type LintFinding, sorted } from './finding.ts';
import type { Seen } from './observation.ts';
import { judge } from './rules/index.ts';
import { runTrials, type TrialOptions } from './trials.ts';

export interface CheckInput {
  /** Path of the configuration; `STDIN_NAME` if it was read from standard input. */
  path: string;
  /** Text of the configuration if it was read from standard input; null if it is to be read from `path`. */
  text: string | null;
  configuration: ConfigurationOptions;
  binary: NginxBinary;
  /** Stops the check gracefully. */
  signal: AbortSignal;
  /** When aborted, kills all processes that are still running. */
  urgent: AbortSignal;
  /** Prints additional information for the user. */
  say(line: string): void;
}

/** The result of checking one configuration. */
export interface CheckReport {
  path: string;
  nginx: Pick<NginxBinary, 'path' | 'version'>;
  /** Whether the configuration ran and WebSockets were tried through it. */
  tried: boolean;
  candidates: readonly Candidate[];
  seen: Seen | null;
  findings: readonly LintFinding[];
  /** Changes made so that the configuration could run. */
  changes: readonly Notice[];
}

/**
 * Reads a configuration, runs it in the sandbox, opens WebSockets through each location that may carry them,
 * and reports any problems.
 *
 * @throws Problem('usage') if there is no such file; the signal's reason if the signal aborts
 */
export async function check(input: CheckInput): Promise<CheckReport> {
  const changes = collectChanges();
  const secrets = () => [...changes.secrets(), ...givenSecrets(input.configuration)];
  const report = await maskProblems(secrets, () => examined(input, changes));
  const mask = maskerOf(secrets());
  return {
    ...report,
    findings: report.findings.map((each) => ({
      ...maskedFinding(each, mask),
      seen: each.seen && maskedFinding(each.seen, mask),
      remedies: each.remedies.map(({ block, lines }) => ({ block, lines: lines.map(mask) })),
    })),
    changes: report.changes.map((notice) => maskedFinding(notice, mask)),
  };
}

async function examined(input: CheckInput, changes: Changes): Promise<CheckReport> {
  const { path, configuration, binary } = input;
  let isPart = false;
  const onChange: OnChange = (change, node) => {
    if (change.startsWith('wrapped-')) isPart = true;
    changes.note(change, node);
  };
  const base = { path, nginx: { path: binary.path, version: binary.version } };
  const tree = await read(input, onChange);
  if ('rule' in tree)
    return { ...base, tried: false, candidates: [], seen: null, findings: [tree], changes: [] };
  const candidates = findCandidates(tree.nodes, configuration);
  const missing = emptyIncludes(changes.withoutFiles());
  const what = { tree: tree.nodes, isPart, missing, candidates, nginxVersion: binary.version };
  const { seen, refusal } = await tryOut({ ...input, ...what, onChange }, changes);
  const found = judge({ ...what, seen });
  const isRejected = refusal.some(({ level }) => level === 'error');
  // If Nginx rejects the configuration, a lack of candidates is not reported: there may be candidates once the
  // error, such as a missing semicolon, is fixed.
  const lack = candidates.length > 0 || isRejected ? [] : [nothingToTry(input, missing)];
  return {
    ...base,
    tried: seen !== null && candidates.length > 0,
    candidates,
    seen,
    // The error from Nginx comes first: Nginx does not start with such a configuration, and the other findings
    // may be consequences.
    findings: isRejected ? [...refusal, ...found] : sorted([...refusal, ...lack, ...found]),
    changes: changes.notices(tree.nodes),
  };
}

async function read(
  { path, text, configuration: options }: CheckInput,
  onChange: OnChange,
): Promise<{ nodes: Node[] } | LintFinding> {
  const main = text === null ? path : { name: path, text };
  try {
    return { nodes: await readTuned({ path: main, tunings: [], options }, onChange) };
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== 'configuration') throw error;
    return refused(error, 'error');
  }
}

/**
 * Tries out the configuration. If it cannot be run, a finding gives the reason, and the rules examine only
 * the configuration text.
 */
async function tryOut(
  input: CheckInput & Omit<TrialOptions, 'folder' | 'processSet'>,
  changes: Changes,
): Promise<{ seen: Seen | null; refusal: LintFinding[] }> {
  try {
    return { seen: await namingEmptyIncludes(changes, () => inSandbox(input)), refusal: [] };
  } catch (error) {
    input.signal.throwIfAborted();
    if (!(error instanceof Problem) || error.kind !== 'configuration') throw error;
    // Only errors reported by Nginx itself (checkNginx) show that the configuration is wrong. Any other error
    // is a limitation of the sandbox; the same configuration may be correct on a server.
    const isComplete = emptyIncludes(changes.withoutFiles()).length === 0;
    const isNginxs = error.code === REJECTED_BY_NGINX || (error.data.isRejected === true && isComplete);
    return { seen: null, refusal: [refused(error, isNginxs ? 'error' : 'warning')] };
  }
}

/**
 * Runs the trials. When this resolves or rejects, all their processes have ended and the private folder has
 * been removed.
 */
function inSandbox(input: CheckInput & Omit<TrialOptions, 'folder' | 'processSet'>): Promise<Seen> {
  return atWorkplace(input, ({ folder, processSet }) =>
    untilDeath(processSet, input.signal, (signal) => runTrials({ ...input, folder, processSet, signal })),
  );
}

/**
 * Runs trials, and stops them if a process ends unexpectedly, because later observations would show nothing
 * about the configuration.
 */
async function untilDeath<T>(
  { unexpectedExit }: ProcessSet,
  signal: AbortSignal,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const trials = body(AbortSignal.any([signal, stop.signal]));
  const death = unexpectedExit.then((sentence) => {
    throw new Problem('died', sentence);
  });
  try {
    return await Promise.race([trials, death]);
  } finally {
    stop.abort();
    await trials.catch(() => {});
  }
}

function refused({ message: reason }: Problem, level: 'error' | 'warning'): LintFinding {
  return {
    rule: 'refused',
    level,
    origin: originIn(reason),
    ...finding(level === 'error' ? 'configuration-rejected' : 'configuration-not-run', { reason }),
    seen: null,
    remedies: [],
  };
}

const PLACE = new RegExp(`(?:^| )(/[^ ]*|${STDIN_NAME}):(\\d+)\\b`);

/** Returns the position at the end of an error message: `… in /etc/nginx/nginx.conf:12.` Null if there is none. */
function originIn(message: string): Origin | null {
  const [, file, line] = PLACE.exec(message) ?? [];
  return file === undefined ? null : { file, line: Number(line) };
}

function nothingToTry(
  { path, text, configuration: { websocketPath } }: CheckInput,
  missing: readonly EmptyInclude[],
): LintFinding {
  return {
    rule: 'upgrade',
    level: 'error',
    origin: { file: text === null ? resolve(path) : path, line: 1 },
    ...(websocketPath === null
      ? finding('no-proxied-location', { missing })
      : finding('no-location-for-path', { path: maskedPath(websocketPath) })),
    seen: null,
    remedies: [],
  };
}
