import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Load } from '../model/load.ts';
import type { GeneratorHosts, Machine } from '../model/machine.ts';
import type { RunPlan } from '../model/plan.ts';
import type { RunRequest } from '../request/request.ts';
import { notice } from '../wording/finding.ts';
import { formatCount } from '../wording/format.ts';
import { connectionsPerAddress } from './reckoning.ts';
import { RAISE_PORTS } from './remedies.ts';

/** There are 200 source addresses in each of 250 networks 127.0.x.0/24, so that none ends in .0 or .255. */
const NETWORKS = 250;
const MOST_ADDRESSES = 200;

/** The source ports that a run's connections need, and whether handshakes need them. */
export interface PortsNeeded {
  ports: number;
  /**
   * Null if each connection needs a port. If each handshake needs one, `isGiven` states whether the handshake
   * rate is known.
   */
  handshakes: { isGiven: boolean } | null;
}

/**
 * Number of handshakes per second for which ports are planned if the rate is not known beforehand. If the
 * rate is higher, the ports run out before the end of the run. The kernel then chooses the ports, which takes
 * longer.
 */
const HANDSHAKES_PER_SECOND = 20_000;

/**
 * Returns the ports that the generator's connections need. A port that was used remains in TIME_WAIT for a
 * minute, so a run that opens and closes connections needs one for each handshake.
 */
export function portsNeeded(
  { connections, scenario, load: { ratePerSecond } }: RunRequest,
  loop: Load['kind'] | null,
  { warmupMs, durationMs }: Pick<RunPlan, 'warmupMs' | 'durationMs'>,
): PortsNeeded {
  if (scenario.work !== 'handshakes') return { ports: connections, handshakes: null };
  const given = loop === 'open' ? ratePerSecond : null;
  const handshakes = ((given ?? HANDSHAKES_PER_SECOND) * (warmupMs + durationMs)) / 1e3;
  return { ports: connections + Math.ceil(handshakes), handshakes: { isGiven: given !== null } };
}

/** @throws Problem('environment') if the connections need more source addresses than a run may use */
export function checkAddresses(
  { ports, handshakes }: PortsNeeded,
  machine: Machine,
  notices: Notice[],
): void {
  const each = connectionsPerAddress(machine);
  const needed = Math.ceil(ports / each);
  if (needed > MOST_ADDRESSES && handshakes?.isGiven !== false) {
    throw new Problem(
      'environment',
      handshakes === null
        ? `${formatCount(ports)} connections need ${formatCount(needed)} source addresses, but a run can use only ${MOST_ADDRESSES}. Each address has ports for ${formatCount(each)} connections. ${RAISE_PORTS}`
        : `${formatCount(ports)} handshakes need more source ports than the ${formatCount(MOST_ADDRESSES * each)} that a run can use, because a port remains in TIME_WAIT for a minute. Lower --rate or --duration. ${RAISE_PORTS}`,
    );
  }
  const addresses = Math.min(needed, MOST_ADDRESSES);
  if (handshakes !== null)
    notices.push(notice('info', 'preflight-handshake-ports', { addresses, ports: addresses * each }));
  else if (needed > 1) notices.push(notice('info', 'preflight-addresses', { addresses, each }));
}

/**
 * Checks the ports for handshakes from other hosts. Each host's kernel chooses them, on one address.
 *
 * @throws Problem('environment') if the planned handshakes need more ports than each host has
 */
export function checkAgentPorts(
  { ports, handshakes }: PortsNeeded,
  { scenario, scenarioOptions, agents: asked, target }: RunRequest,
  { agents, scarcePorts }: GeneratorHosts,
  notices: Notice[],
): void {
  // The port of a closed connection remains in TIME_WAIT on the side that closed it. By default, the kernel
  // reuses such ports only on the loopback interface.
  const isOurs = scenario.connectionTraits?.(scenarioOptions).serverCloses !== true;
  const isLoopback = asked?.listen == null && target.kind === 'sandbox';
  if (handshakes === null || scarcePorts === null || !isOurs || isLoopback) return;
  const each = Math.ceil(ports / agents.length);
  if (!handshakes.isGiven) notices.push(notice('warning', 'preflight-agent-ports', { ports: scarcePorts }));
  else if (each > scarcePorts) {
    throw new Problem(
      'environment',
      `${formatCount(ports)} handshakes need ${formatCount(each)} source ports on each agent's host, but at least one host has only ${formatCount(scarcePorts)}. A port remains in TIME_WAIT for a minute. Lower --rate or --duration, use more agents, or set net.ipv4.tcp_tw_reuse=1 on these hosts.`,
    );
  }
}

/**
 * Returns the source addresses of run `number` (from 1). Ports that a run has bound remain in TIME_WAIT for a
 * minute. Each run therefore has its own block of 200 addresses, and the seed of the invocation selects the
 * first block.
 *
 * @param ports number of ports that the run needs
 */
export function sourceAddresses(ports: number, seed: number, machine: Machine, number: number): string[] {
  const needed = Math.min(MOST_ADDRESSES, Math.ceil(ports / connectionsPerAddress(machine)));
  const network = (seed + number - 1) % NETWORKS;
  // All servers listen on 127.0.0.1.
  return Array.from({ length: needed }, (_, index) => `127.0.${network}.${index + 2}`);
}
