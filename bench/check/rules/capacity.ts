import { directives } from '../../nginx/tree.ts';
import type { Evidence, Finding } from '../finding.ts';
import type { Seen } from '../observation.ts';
import { mainSetting, type Rule, workerConnections } from '../subject.ts';
import { numberWords, outcomeWords, statusIn } from '../words.ts';

/** A WebSocket holds one connection to the client and one to the server behind Nginx. */
const EACH = 2;
/** Below so many WebSockets a worker it is easily reached. */
const FEW = 1024;
/** The limit of open files that most systems start a service with. */
const USUAL_FILES = 1024;

const REMEDIES: Finding['remedies'] = [
  { block: 'events', lines: ['worker_connections  20000;'] },
  { block: 'main', lines: ['worker_rlimit_nofile  40000;'] },
];

/** For how many WebSockets `worker_connections` is. */
export const connections: Rule = ({ tree, isPart, candidates, seen }) => {
  if (isPart || candidates.length === 0) return [];
  const [events = null] = directives(tree, 'events');
  const [written = null] = directives(events?.block ?? null, 'worker_connections');
  const count = workerConnections(tree);
  const each = Math.floor(count / EACH);
  const usual = written === null ? ', the default,' : '';
  const workers = mainSetting(tree, 'worker_processes') ?? '1';
  const times =
    workers === 'auto' ? 'one worker for each CPU' : `${workers} ${workers === '1' ? 'worker' : 'workers'}`;
  return [
    {
      rule: 'worker-connections',
      level: each < FEW ? 'warning' : 'note',
      origin: (written ?? events)?.origin ?? null,
      text: `worker_connections ${count}${usual} is for ${numberWords(each)} WebSockets a worker, with ${times}: each holds two connections, one to the client and one to the server. What comes after that is refused, and the error log says "${count} worker_connections are not enough".`,
      seen: evidenceOf(seen?.capacity ?? null),
      remedies: each < FEW ? REMEDIES : [],
    },
  ];
};

function evidenceOf(capacity: Seen['capacity']): Evidence | null {
  if (capacity === null) return null;
  const { opened, kind } = capacity;
  const status = statusIn(kind);
  return {
    text: `One worker took ${opened} WebSockets; the next one ${outcomeWords(kind)}.`,
    ...(status === null ? {} : { status }),
  };
}

/** Each connection is an open file. */
export const openFiles: Rule = ({ tree, isPart, candidates }) => {
  if (isPart || candidates.length === 0) return [];
  const [written = null] = directives(tree, 'worker_rlimit_nofile');
  const files = written === null ? USUAL_FILES : Number(written.args[0]?.text);
  const count = workerConnections(tree);
  if (!(files < count)) return [];
  const [events] = directives(tree, 'events');
  const [connections] = directives(events?.block ?? null, 'worker_connections');
  const limit =
    written === null
      ? `worker_rlimit_nofile is not set: where the service is started with the usual ${numberWords(USUAL_FILES)} open files`
      : `worker_rlimit_nofile ${files} is less than worker_connections ${count}`;
  return [
    {
      rule: 'open-files',
      level: 'warning',
      origin: (written ?? connections)?.origin ?? null,
      text: `${limit}, a worker fails with "Too many open files" at about ${numberWords(Math.floor(files / EACH))} WebSockets, before worker_connections ${count} are used.`,
      seen: null,
      remedies: [{ block: 'main', lines: [`worker_rlimit_nofile  ${count * EACH};`] }],
    },
  ];
};
