import { Problem } from '../model/failure.ts';
import { CARRIERS, type CarrierName, ENGINES, type EngineName } from '../model/plan.ts';
import { last, number, oneOf } from './given.ts';
import type { GivenOptions } from './options.ts';
import type { Bounds } from './units.ts';

/** The programs of a run and how many processes each has. Null means that the preflight decides. */
export interface ProcessesRequest {
  client: 'lean' | 'ws';
  /** Engine of the lean client and server. */
  engine: EngineName | null;
  /** Carrier of the lean client and server for connections without TLS. */
  carrier: CarrierName | null;
  /** The echo server; null for each step's default. */
  server: 'ws' | 'lean' | null;
  workers: number | null;
  servers: number | null;
  proxyWorkers: number | null;
  pin: boolean | null;
}

export const PROCESSES: Bounds = { min: 1, max: 256 };

/** @throws Problem('usage') if options contradict each other, or a worker would have no connection */
export function processesOf(given: GivenOptions, connections: number): ProcessesRequest {
  return {
    engine: oneOf(given, 'engine', ENGINES),
    carrier: carrierOf(given),
    client: oneOf(given, 'client', ['lean', 'ws']) ?? 'lean',
    server: oneOf(given, 'server', ['ws', 'lean']),
    workers: workersOf(given, connections),
    servers: number(given, 'servers', PROCESSES),
    proxyWorkers: number(given, 'nginx-workers', PROCESSES),
    pin: pinOf(given),
  };
}

function workersOf(given: GivenOptions, connections: number): number | null {
  const workers = number(given, 'workers', PROCESSES);
  if (workers === null || workers <= connections) return workers;
  throw new Problem(
    'usage',
    `--workers ${workers} is more than the number of connections (${connections}). Each worker needs at least one.`,
  );
}

/** @throws Problem('usage') if nothing in the run could use the carrier */
function carrierOf(given: GivenOptions): CarrierName | null {
  const carrier = oneOf(given, 'carrier', ['auto', ...CARRIERS] as const);
  if (carrier === null || carrier === 'auto') return null;
  if (carrier === 'sockets') return carrier;
  if (last(given, 'engine') === 'node')
    throw new Problem('usage', '--carrier io_uring needs Bun. Leave out --engine node.');
  if (last(given, 'client') === 'ws' && last(given, 'server') === 'ws') {
    throw new Problem(
      'usage',
      '--carrier io_uring only works with the lean client or the lean server. Leave out --client ws or --server ws.',
    );
  }
  return carrier;
}

function pinOf(given: GivenOptions): boolean | null {
  if (given.has('pin') && given.has('no-pin')) {
    throw new Problem('usage', '--pin and --no-pin contradict each other. Leave one out.');
  }
  if (given.has('pin')) return true;
  return given.has('no-pin') ? false : null;
}
