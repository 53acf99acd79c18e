import { inherited } from '../../nginx/located.ts';
import { type Directive, directives, type Node, texts } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { allServers, type Candidate, upstreamsOf } from '../candidate.ts';
import type { LintFinding, Severity } from '../finding.ts';
import { isSound, mainSetting, type Rule, workerConnections } from '../subject.ts';

/** Variables that differ from client to client. */
const OF_CLIENT =
  /\$\{?(binary_)?remote_addr|\$\{?(http|cookie|arg|jwt)_|\$\{?(proxy_protocol_addr|realip_remote_addr|ssl_client)/;
/** Limits below this many WebSockets per address are easily exceeded: a browser opens one for each tab. */
const FEW_PER_CLIENT = 10;
const FEW = 1000;

/** Reports `limit_conn`, because a WebSocket counts towards the limit until it closes. */
export const connectionLimit: Rule = ({ tree, candidates }) =>
  limitsOf(tree, candidates, 'limit_conn').map(({ line, candidate }): LintFinding => {
    const { zone, key, limit, perClient } = countOf(tree, line, candidate);
    const level: Severity = limit < (perClient ? FEW_PER_CLIENT : FEW) ? 'warning' : 'note';
    return {
      rule: 'limit-conn',
      level,
      origin: line.origin,
      ...finding('connection-limit', { zone, key, limit, perClient, status: statusOf(line, candidate) }),
      seen: null,
      remedies: [],
    };
  });

/** Reports `limit_req`, because handshakes are requests, and all clients reconnect at once after a reload. */
export const requestLimit: Rule = ({ tree, candidates }) =>
  limitsOf(tree, candidates, 'limit_req').map(({ line, candidate }): LintFinding => {
    const zone = parameterIn('zone', texts(line)) ?? '';
    const { rate, key, perClient } = rateOf(tree, line, candidate);
    return {
      rule: 'limit-req',
      level: 'note',
      origin: line.origin,
      ...finding('request-limit', {
        zone,
        rate,
        burst: parameterIn('burst', texts(line)) ?? '0',
        key,
        perClient,
        status: statusOf(line, candidate),
      }),
      seen: null,
      remedies: [],
    };
  });

function parameterIn(name: string, words: readonly string[]): string | undefined {
  return words.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Returns the rate that a `limit_req` allows, and whether this limit applies per client. */
export function rateOf(tree: readonly Node[], line: Directive, candidate: Candidate) {
  const zone = parameterIn('zone', texts(line)) ?? '';
  const [written] = zonesOf(tree, 'limit_req_zone', zone);
  const key = keyOf(tree, 'limit_req_zone', zone, candidate);
  return {
    rate: parameterIn('rate', written === undefined ? [] : texts(written)) ?? '1r/s',
    key,
    perClient: OF_CLIENT.test(key),
  };
}

/** Returns the number of WebSockets that a `limit_conn` allows, and whether this limit applies per client. */
export function countOf(tree: readonly Node[], line: Directive, candidate: Candidate) {
  const [zone = '', count = ''] = texts(line);
  const key = keyOf(tree, 'limit_conn_zone', zone, candidate);
  return { zone, key, limit: Number(count), perClient: OF_CLIENT.test(key) };
}

/**
 * Returns the status with which Nginx answers requests above a limit, as set by `limit_conn_status` or
 * `limit_req_status`.
 */
function statusOf({ name }: Directive, { levels }: Candidate): number {
  const [set] = inherited(levels, `${name}_status`);
  return Number(set?.args[0]?.text ?? 503);
}

/** Returns the limits on candidates. Limits whose zone is not defined are skipped: rate and key are unknown. */
function limitsOf(
  tree: readonly Node[],
  candidates: readonly Candidate[],
  name: string,
): { line: Directive; candidate: Candidate }[] {
  return candidates.flatMap((candidate) =>
    inherited(candidate.levels, name)
      .filter((line) => {
        const [first = ''] = texts(line);
        return zonesOf(tree, `${name}_zone`, parameterIn('zone', texts(line)) ?? first).length > 0;
      })
      .map((line) => ({ line, candidate })),
  );
}

function zonesOf(tree: readonly Node[], name: string, zone: string): Directive[] {
  return [...directives(tree, 'http'), ...directives(tree, 'stream')]
    .flatMap(({ block }) => directives(block, name))
    .filter((each) => texts(each).some((word) => word.split(':')[0] === `zone=${zone}`));
}

function keyOf(tree: readonly Node[], name: string, zone: string, { self }: Candidate): string {
  const [key = zone] = zonesOf(tree, name, zone).flatMap(texts);
  return self.name === 'location' || key !== '' ? key : zone;
}

/** Number of ports that Linux assigns by default (net.ipv4.ip_local_port_range) for one pair of addresses. */
export const PORTS = 28_232;

/** Reports the limit set by local ports: connections to the same server address need different local ports. */
export const ports: Rule = (subject) => {
  const { tree, isPart } = subject;
  const workers = Number(mainSetting(tree, 'worker_processes') ?? 1);
  const webSockets = Math.floor(workerConnections(tree) / 2) * (Number.isInteger(workers) ? workers : 1);
  if (isPart || webSockets <= PORTS) return [];
  return subject.candidates.flatMap((candidate): LintFinding[] => {
    const used = portsOf(tree, candidate);
    if (used === null || used.addresses.length > 1 || !isSound(subject, candidate)) return [];
    return [
      {
        rule: 'ports',
        level: 'note',
        origin: used.line.origin,
        ...finding('port-limit', {
          upstream: used.addresses[0] ?? '',
          webSockets,
          most: PORTS,
        }),
        seen: null,
        remedies: [],
      },
    ];
  });
};

/**
 * Returns the addresses to which connections of a candidate need local ports, and the line of the first
 * address; null if the number of ports is unknown or does not matter.
 */
export function portsOf(
  tree: readonly Node[],
  candidate: Candidate,
): { addresses: readonly string[]; line: Directive } | null {
  const [pass] = directives(candidate.self.block, 'proxy_pass');
  const [upstream] = upstreamsOf(tree, candidate);
  const entries = upstream === undefined ? [] : allServers(upstream);
  const addresses =
    upstream === undefined ? [pass?.args[0]?.text ?? ''] : entries.flatMap((each) => texts(each).slice(0, 1));
  const isOpen = addresses.some((each) => /^(https?:\/\/)?unix:/.test(each) || each.includes('$'));
  if (pass === undefined || isOpen || inherited(candidate.levels, 'proxy_bind').length > 0) return null;
  return { addresses: [...new Set(addresses)], line: entries[0] ?? pass };
}
