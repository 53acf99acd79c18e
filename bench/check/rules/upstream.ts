import { type Directive, directives, texts } from '../../nginx/tree.ts';
import { inherited } from '../../nginx/websocket.ts';
import { activeServers, upstreamsOf } from '../candidate.ts';
import type { Evidence, Finding } from '../finding.ts';
import type { UpstreamSeen } from '../observation.ts';
import { isSound, mainSetting, type Rule, type Subject } from '../subject.ts';
import { outcomeWords, statusIn } from '../words.ts';

/** Rules about upstreams that WebSockets get to; one with a single server has nothing to choose. */
function eachUpstream(judge: (upstream: Directive, subject: Subject) => Finding[]): Rule {
  return (subject) => {
    const sound = subject.candidates.filter((candidate) => isSound(subject, candidate));
    const upstreams = new Set(sound.flatMap((candidate) => upstreamsOf(subject.tree, candidate)));
    return [...upstreams]
      .filter((each) => activeServers(each).length > 1)
      .flatMap((each) => judge(each, subject));
  };
}

const nameOf = ({ args: [name] }: Directive): string => name?.text ?? '';

/** Methods that count connections, which goes wrong where each worker only counts its own. */
const COUNTING = ['least_conn', 'least_time', 'random'];

/** Without `zone` each worker balances by itself. */
export const zone = eachUpstream((upstream, { tree, isPart }) => {
  const workers = mainSetting(tree, 'worker_processes') ?? '1';
  if (directives(upstream.block, 'zone').length > 0 || (workers === '1' && !isPart)) return [];
  const method = directives(upstream.block).find(({ name }) => COUNTING.includes(name));
  const what =
    method === undefined
      ? 'each worker takes turns, and counts failures, by itself'
      : `${method.name} sees only the connections of its own worker, so that servers which are full look empty to others`;
  return [
    {
      rule: 'zone',
      level: method === undefined ? 'note' : 'warning',
      origin: upstream.origin,
      text: `Upstream ${nameOf(upstream)} has no zone. With several workers ${what}; and a WebSocket stays where it was put until it closes.`,
      seen: null,
      remedies: [{ block: 'upstream', lines: [`zone  ${nameOf(upstream)}  64k;`] }],
    },
  ];
});

/** `ip_hash` goes by the first three octets of an IPv4 address (ngx_http_upstream_ip_hash_module). */
export const ipHash = eachUpstream((upstream, { tree, seen }) => {
  const [written] = directives(upstream.block, 'ip_hash');
  if (written === undefined) return [];
  const [http] = directives(tree, 'http');
  const levels = http === undefined ? [] : [http];
  const isTold = inherited(levels, 'real_ip_header').length > 0;
  return [
    {
      rule: 'ip-hash',
      level: isTold ? 'note' : 'warning',
      origin: written.origin,
      text: `ip_hash goes by the first three octets of the client's IPv4 address: all who come from one network, or by way of one proxy in front of Nginx, land on one server of ${nameOf(upstream)}.${isTold ? ' real_ip_header tells the addresses behind such a proxy.' : ''}`,
      seen: spreadEvidence(seen?.upstreams.get(upstream)),
      remedies: isTold
        ? []
        : [
            { block: 'upstream', lines: ['hash  $remote_addr  consistent;'] },
            {
              block: 'http',
              lines: [
                'set_real_ip_from  192.0.2.1;  # the proxy in front',
                'real_ip_header  X-Forwarded-For;',
              ],
            },
          ],
    },
  ];
});

function spreadEvidence(seen: UpstreamSeen | undefined): Evidence | null {
  if (!seen?.spread) return null;
  const { clients, servers } = seen.spread;
  const on = servers === 1 ? 'one server' : `${servers} servers`;
  return { text: `WebSockets from ${clients} addresses of one network came to ${on}.` };
}

/** A server is left alone for `fail_timeout` after `max_fails` failures, one by default. */
export const maxFails = eachUpstream((upstream, { seen }) => {
  const touchy = activeServers(upstream).filter((entry) => !isForgiving(texts(entry)));
  const [first] = touchy;
  const recovery = seen?.upstreams.get(upstream)?.recovery ?? null;
  if (first === undefined || recovery?.failed === 0) return [];
  const lines = touchy.map((entry) => `server  ${withoutMaxFails(texts(entry)).join('  ')}  max_fails=0;`);
  return [
    {
      rule: 'max-fails',
      level: 'warning',
      origin: first.origin,
      text: `A server of ${nameOf(upstream)} that refuses a connection once (max_fails, by default 1) is left alone for fail_timeout, by default 10 s. When clients reconnect all at once, one hiccup takes servers out that are well, and with the last of them every handshake fails with 502 ("no live upstreams" in the error log).`,
      seen: recoveryEvidence(recovery),
      remedies: [{ block: 'upstream', lines }],
    },
  ];
});

function isForgiving(words: readonly string[]): boolean {
  if (words.some((word) => /^fail_timeout=0/.test(word))) return true;
  const written = words.find((word) => word.startsWith('max_fails='));
  const times = written === undefined ? 1 : Number(written.slice('max_fails='.length));
  return times === 0 || times > 1;
}

function withoutMaxFails(words: readonly string[]): string[] {
  return words.filter((word) => !word.startsWith('max_fails='));
}

function recoveryEvidence(recovery: UpstreamSeen['recovery']): Evidence | null {
  if (recovery === null || recovery.kind === null) return null;
  const { tried, failed, kind } = recovery;
  const status = statusIn(kind);
  return {
    text: `After its servers had refused one connection each and took them again, ${failed} of ${tried} handshakes failed: the first ${outcomeWords(kind)}.`,
    ...(status === null ? {} : { status }),
  };
}
