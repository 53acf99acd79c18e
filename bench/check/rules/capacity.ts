import { directives, type Node } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { evidence, type LintFinding } from '../finding.ts';
import { mainSetting, type Rule, workerConnections } from '../subject.ts';

/** A WebSocket uses one connection to the client and one to the upstream server. */
export const EACH = 2;
/** Limits below this many WebSockets per worker are easily exceeded. */
const FEW = 1024;
/** The open-file limit with which most systems start a service. */
export const USUAL_FILES = 1024;

const ENOUGH = { connections: 20_000, files: 40_000 };

/** Reports how many WebSockets `worker_connections` allows. */
export const connections: Rule = ({ tree, isPart, candidates, seen }) => {
  if (isPart || candidates.length === 0) return [];
  const [events = null] = directives(tree, 'events');
  const [written = null] = directives(events?.block, 'worker_connections');
  const count = workerConnections(tree);
  const each = Math.floor(count / EACH);
  const full = seen?.capacity ?? null;
  return [
    {
      rule: 'worker-connections',
      level: each < FEW ? 'warning' : 'note',
      origin: (written ?? events)?.origin ?? null,
      ...finding('worker-connections', {
        connections: count,
        isDefault: written === null,
        webSockets: each,
        workers: mainSetting(tree, 'worker_processes') ?? '1',
      }),
      seen: full === null ? null : evidence('worker-full', { opened: full.opened, outcome: full.kind }),
      remedies: each < FEW ? remediesFor(tree) : [],
    },
  ];
};

function remediesFor(tree: readonly Node[]): LintFinding['remedies'] {
  const files = Number(mainSetting(tree, 'worker_rlimit_nofile'));
  return [
    { block: 'events', lines: [`worker_connections  ${ENOUGH.connections};`] },
    ...(files >= ENOUGH.files
      ? []
      : [{ block: 'main' as const, lines: [`worker_rlimit_nofile  ${ENOUGH.files};`] }]),
  ];
}

/** Reports an open-file limit that is too low for `worker_connections`: each connection uses one open file. */
export const openFiles: Rule = ({ tree, isPart, candidates }) => {
  if (isPart || candidates.length === 0) return [];
  const [written = null] = directives(tree, 'worker_rlimit_nofile');
  const files = written === null ? USUAL_FILES : Number(written.args[0]?.text);
  const count = workerConnections(tree);
  if (!(files < count)) return [];
  const [events] = directives(tree, 'events');
  const [connections] = directives(events?.block, 'worker_connections');
  return [
    {
      rule: 'open-files',
      level: 'warning',
      origin: (written ?? connections)?.origin ?? null,
      ...finding('open-files', {
        openFiles: files,
        isDefault: written === null,
        connections: count,
        webSockets: Math.floor(files / EACH),
      }),
      seen: null,
      remedies: [{ block: 'main', lines: [`worker_rlimit_nofile  ${count * EACH};`] }],
    },
  ];
};
