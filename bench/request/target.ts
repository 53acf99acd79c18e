import { isIP } from 'node:net';
import { Problem } from '../model/failure.ts';
import type { PlannedTarget } from '../model/target.ts';
import type { ScenarioDefinition } from '../scenarios/definition.ts';
import { DEFAULT_SCENARIO } from '../scenarios/registry.ts';
import { NEEDS_CONF } from './configuration.ts';
import { last } from './given.ts';
import type { GivenOptions } from './options.ts';
import { quoted } from './units.ts';

/** Options about a topology. A run on a server that already runs starts none. */
const OF_A_TOPOLOGY = [
  ...['profile', 'conf', ...NEEDS_CONF, 'baseline', 'server', 'backend', 'nginx'],
  ...['servers', 'nginx-workers', 'pin', 'no-pin', 'no-http'],
];

/**
 * Parses --target: what the load is put on.
 *
 * @throws Problem('usage') for an address that is not on loopback, and for options that do not apply
 */
export function targetOf(given: GivenOptions, scenario: ScenarioDefinition): PlannedTarget {
  const text = last(given, 'target');
  if (text === null) return { kind: 'sandbox' };
  const idle = OF_A_TOPOLOGY.find((name) => given.has(name));
  if (idle !== undefined) {
    throw new Problem(
      'usage',
      `--${idle} does not apply with --target: the server already runs, so nothing is started. Leave one out.`,
    );
  }
  if (scenario !== DEFAULT_SCENARIO) {
    throw new Problem(
      'usage',
      `--scenario ${scenario.name} observes or changes what it puts load on, and a --target is out of its reach. Leave one out.`,
    );
  }
  return { kind: 'external', url: addressOf(text) };
}

function addressOf(text: string): string {
  const example = 'for example --target ws://127.0.0.1:9000/chat';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== 'ws:')
    throw new Problem('usage', `--target ${quoted(text)} must be a ws:// address, ${example}.`);
  if (url.username + url.password + url.search + url.hash !== '') {
    throw new Problem(
      'usage',
      `--target must not contain a user, a query or a fragment, because the address is stored in the result. Give only host, port and path, ${example}.`,
    );
  }
  if (url.hostname === 'localhost') url.hostname = '127.0.0.1';
  if (isIP(url.hostname) !== 4 || !url.hostname.startsWith('127.'))
    throw new Problem(
      'usage',
      `--target ${quoted(text)} is not on this machine. Use an IPv4 loopback address, ${example}.`,
    );
  return url.href;
}
