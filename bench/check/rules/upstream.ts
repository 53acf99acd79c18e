import { inherited } from '../../nginx/located.ts';
import { type Directive, directives, place, texts } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { activeServers, allServers, upstreamsOf } from '../candidate.ts';
import { type Evidence, evidence, type LintFinding } from '../finding.ts';
import type { UpstreamSeen } from '../observation.ts';
import { isSound, mainSetting, type Rule, type Subject } from '../subject.ts';

/**
 * Creates a rule for upstreams that carry WebSockets. Upstreams with a single server are skipped, because
 * there is nothing to choose.
 */
function eachUpstream(
  judge: (upstream: Directive, subject: Subject) => LintFinding[],
  counted: (upstream: Directive) => readonly Directive[] = activeServers,
): Rule {
  return (subject) => {
    const sound = subject.candidates.filter((candidate) => isSound(subject, candidate));
    const upstreams = new Set(sound.flatMap((candidate) => upstreamsOf(subject.tree, candidate)));
    return [...upstreams].filter((each) => counted(each).length > 1).flatMap((each) => judge(each, subject));
  };
}

const nameOf = ({ args: [name] }: Directive): string => name?.text ?? '';

/** Load-balancing methods that count connections. They choose badly if each worker counts only its own. */
const COUNTING = ['least_conn', 'least_time', 'random'];

/**
 * Load-balancing methods that do not rotate: each worker chooses the same server, unless the worker considers
 * that server to have failed.
 */
const HASHING = ['hash', 'ip_hash'];

/**
 * Reports a name that may be an upstream in another file: the configuration is incomplete, and the name has no
 * dots and no port.
 */
export const elsewhere: Rule = ({ tree, isPart, missing, candidates }) =>
  (isPart || missing.length > 0 ? candidates : []).flatMap((candidate): LintFinding[] => {
    const [pass] = directives(candidate.self.block, 'proxy_pass');
    const [, name] = /^(?:https?:\/\/)?([a-z][\w-]*)(?:\/.*)?$/i.exec(pass?.args[0]?.text ?? '') ?? [];
    if (pass === undefined || name === undefined || name === 'localhost') return [];
    if (upstreamsOf(tree, candidate).length > 0) return [];
    return [
      {
        rule: 'upstream-elsewhere',
        level: 'note',
        origin: pass.origin,
        ...finding('upstream-elsewhere', { upstream: name, missing }),
        seen: null,
        remedies: [],
      },
    ];
  });

/** Reports an upstream without `zone`, for which each worker balances the load independently. */
export const zone = eachUpstream((upstream, { tree, isPart }) => {
  const workers = mainSetting(tree, 'worker_processes') ?? '1';
  if (directives(upstream.block, 'zone').length > 0 || (workers === '1' && !isPart)) return [];
  // The last method replaces those before it (ngx_http_upstream_least_conn, "load balancing method redefined").
  const method = directives(upstream.block).findLast(({ name }) => [...COUNTING, ...HASHING].includes(name));
  return [
    {
      rule: 'zone',
      level: method !== undefined && COUNTING.includes(method.name) ? 'warning' : 'note',
      origin: upstream.origin,
      ...finding('no-zone', { upstream: nameOf(upstream), method: method?.name ?? null }),
      seen: null,
      remedies: [{ block: 'upstream', lines: [`zone  ${nameOf(upstream)}  64k;`] }],
    },
  ];
});

/** `ip_hash` uses the first three octets of an IPv4 address (ngx_http_upstream_ip_hash_module). */
export const ipHash = eachUpstream((upstream, { tree, seen }) => {
  const [written] = directives(upstream.block, 'ip_hash');
  if (written === undefined) return [];
  const [http] = directives(tree, 'http');
  const levels = http === undefined ? [] : [http];
  const realIpHeader = inherited(levels, 'real_ip_header').length > 0;
  return [
    {
      rule: 'ip-hash',
      level: 'note',
      origin: written.origin,
      ...finding('ip-hash', { upstream: nameOf(upstream), realIpHeader }),
      seen: spreadEvidence(seen?.upstreams.get(upstream)),
      remedies: realIpHeader
        ? []
        : [
            { block: 'upstream', lines: ['hash  $remote_addr  consistent;'] },
            {
              block: 'http',
              lines: [
                'set_real_ip_from  192.0.2.1;  # the proxy in front of Nginx',
                'real_ip_header  X-Forwarded-For;',
              ],
            },
          ],
    },
  ];
});

function spreadEvidence(seen: UpstreamSeen | undefined): Evidence | null {
  return seen?.spread ? evidence('clients-spread', seen.spread) : null;
}

/**
 * Nginx skips a server for `fail_timeout` after `max_fails` failures (default: one). A single server is never
 * skipped, but it is not considered single if there is a second entry, even one marked `down` or `backup`
 * (ngx_http_upstream_init_round_robin).
 */
export const maxFails = eachUpstream((upstream, { seen }) => {
  const active = activeServers(upstream);
  const touchy = active.filter((entry) => !isForgiving(texts(entry)));
  const [first] = touchy;
  const recovery = seen?.upstreams.get(upstream)?.recovery ?? null;
  if (first === undefined || recovery?.failed === 0) return [];
  const lines = touchy.map((entry) => `server  ${withoutMaxFails(texts(entry)).join('  ')}  max_fails=0;`);
  const others = active.length > 1 ? [] : allServers(upstream).filter((entry) => !active.includes(entry));
  return [
    {
      rule: 'max-fails',
      level: 'warning',
      origin: first.origin,
      ...finding('max-fails', {
        upstream: nameOf(upstream),
        uncounted: [...new Set(others.map(({ origin }) => place(origin)))],
      }),
      seen: recoveryEvidence(recovery),
      remedies: [{ block: 'upstream', lines }],
    },
  ];
}, allServers);

function isForgiving(words: readonly string[]): boolean {
  if (lastValue(words, 'fail_timeout')?.startsWith('0')) return true;
  const times = Number(lastValue(words, 'max_fails') ?? 1);
  return times === 0 || times > 1;
}

/** Returns the value of a server's parameter. If the parameter is specified twice, the last value counts. */
function lastValue(words: readonly string[], name: string): string | undefined {
  return words.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

function withoutMaxFails(words: readonly string[]): string[] {
  return words.filter((word) => !word.startsWith('max_fails='));
}

function recoveryEvidence(recovery: UpstreamSeen['recovery']): Evidence | null {
  if (recovery === null || recovery.kind === null) return null;
  const { tried, failed, kind: outcome } = recovery;
  return evidence('servers-skipped', { tried, failed, outcome });
}
