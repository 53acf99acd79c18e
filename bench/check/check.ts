import { resolve } from 'node:path';
import type { ConfigurationOptions } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/notice.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { type Changes, collectChanges, type OnChange } from '../nginx/notices.ts';
import { givenSecrets, maskedPath, maskerOf, maskProblems } from '../nginx/secrets.ts';
import type { Node, Origin } from '../nginx/tree.ts';
import { readTuned } from '../nginx/tuned.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import { atWorkplace } from '../topology/workplace.ts';
import { type Candidate, findCandidates } from './candidate.ts';
import { type Finding, sorted } from './finding.ts';
import { judge } from './judge.ts';
import type { Seen } from './observation.ts';
import { runTrials, type TrialOptions } from './trials.ts';

export interface CheckInput {
  /** Path of the configuration. */
  path: string;
  configuration: ConfigurationOptions;
  binary: NginxBinary;
  /** Stop in order. */
  signal: AbortSignal;
  /** Kill what still runs. */
  urgent: AbortSignal;
  /** Is told what else a person should know. */
  say(line: string): void;
}

/** What is to be said of a configuration. */
export interface CheckReport {
  path: string;
  nginx: Pick<NginxBinary, 'path' | 'version'>;
  /** Whether it ran, and WebSockets were opened through it. */
  tried: boolean;
  candidates: readonly Candidate[];
  seen: Seen | null;
  findings: readonly Finding[];
  /** What ran otherwise than it is written. */
  changes: readonly Notice[];
}

/**
 * Reads a configuration, runs it in the sandbox, opens WebSockets through each location that may carry them, and
 * says what is wrong.
 *
 * @throws Problem('usage') where there is no such file, the signal's reason where it is stopped
 */
export async function check(input: CheckInput): Promise<CheckReport> {
  const changes = collectChanges();
  const secrets = () => [...changes.secrets(), ...givenSecrets(input.configuration)];
  const report = await maskProblems(secrets, () => examined(input, changes));
  const mask = maskerOf(secrets());
  return {
    ...report,
    findings: report.findings.map((finding) => ({
      ...finding,
      text: mask(finding.text),
      seen: finding.seen && { ...finding.seen, text: mask(finding.seen.text) },
      remedies: finding.remedies.map(({ block, lines }) => ({ block, lines: lines.map(mask) })),
    })),
    changes: report.changes.map((notice) => ({ ...notice, text: mask(notice.text) })),
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
  const tree = await read(path, configuration, onChange);
  if ('rule' in tree)
    return { ...base, tried: false, candidates: [], seen: null, findings: [tree], changes: [] };
  const candidates = findCandidates(tree.nodes, configuration);
  const what = { tree: tree.nodes, isPart, candidates, nginxVersion: binary.version };
  const { seen, refusal } = await tryOut({ ...input, ...what, onChange });
  const found = judge({ ...what, seen });
  const lack = candidates.length === 0 ? [nothingToTry(path, configuration)] : [];
  return {
    ...base,
    tried: seen !== null,
    candidates,
    seen,
    findings: sorted([...refusal, ...lack, ...found]),
    changes: changes.notices(tree.nodes),
  };
}

async function read(
  path: string,
  options: ConfigurationOptions,
  onChange: OnChange,
): Promise<{ nodes: Node[] } | Finding> {
  try {
    return { nodes: await readTuned({ path, tunings: [], options }, onChange) };
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== 'configuration') throw error;
    return refused(error, 'error');
  }
}

/** The findings where it cannot be run: what can be said without is still said. */
async function tryOut(
  input: CheckInput & Omit<TrialOptions, 'folder' | 'processSet'>,
): Promise<{ seen: Seen | null; refusal: Finding[] }> {
  if (input.candidates.length === 0) return { seen: null, refusal: [] };
  try {
    return { seen: await inSandbox(input), refusal: [] };
  } catch (error) {
    input.signal.throwIfAborted();
    if (!(error instanceof Problem) || error.kind !== 'configuration') throw error;
    // In its own words (checkNginx): all else is what the sandbox cannot do, and may be right on a server.
    const isNginxs = error.message.startsWith('Nginx refuses');
    return { seen: null, refusal: [refused(error, isNginxs ? 'error' : 'warning')] };
  }
}

/** Everything that was started has ended, and the private folder is gone, whatever happens. */
function inSandbox(input: CheckInput & Omit<TrialOptions, 'folder' | 'processSet'>): Promise<Seen> {
  return atWorkplace(input, ({ folder, processSet }) =>
    untilDeath(processSet, input.signal, (signal) => runTrials({ ...input, folder, processSet, signal })),
  );
}

/**
 * Runs trials, and stops them where a process ends that should not: what they would see then says nothing of the
 * configuration.
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

function refused(problem: Problem, level: 'error' | 'warning'): Finding {
  return {
    rule: 'refused',
    level,
    origin: originIn(problem.message),
    text: level === 'error' ? problem.message : `Nothing was tried. ${problem.message}`,
    seen: null,
    remedies: [],
  };
}

/** Complaints end with the place: `… in /etc/nginx/nginx.conf:12.` */
function originIn(message: string): Origin | null {
  const [, file, line] = /(?:^| )(\/[^ ]*):(\d+)\b/.exec(message) ?? [];
  return file === undefined ? null : { file, line: Number(line) };
}

function nothingToTry(path: string, { websocketPath }: ConfigurationOptions): Finding {
  const text =
    websocketPath === null
      ? 'Nothing in it proxies, so that no WebSocket gets through.'
      : `No location with proxy_pass answers --ws-path ${maskedPath(websocketPath)}.`;
  return {
    rule: 'upgrade',
    level: 'error',
    origin: { file: resolve(path), line: 1 },
    text,
    seen: null,
    remedies: [],
  };
}
