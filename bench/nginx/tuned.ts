import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { readRegularFile } from '../files/regular-file.ts';
import type { ConfigurationOptions } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import type { ProxySource } from '../topology/driver.ts';
import { AS_IT_LIES, type ConfigurationText, type Reading, readConfiguration } from './include.ts';
import type { OnChange } from './notices.ts';
import { overlay } from './overlay.ts';
import { parse } from './parse.ts';
import { directives, type Node, place } from './tree.ts';
import { isResolved } from './upstream.ts';
import { atLeast, type NginxVersion } from './version.ts';

/**
 * Directives that the run sets in every configuration, each with the option that controls it. Tuning them
 * would have no effect.
 */
const SET_BY_RUN: Record<string, string | null> = {
  daemon: null,
  error_log: null,
  master_process: null,
  pid: null,
  ssl_certificate: null,
  ssl_certificate_key: null,
  user: null,
  worker_connections: '--connections',
  worker_processes: '--nginx-workers',
  worker_rlimit_nofile: '--connections',
};

const MAX_ENV_BYTES = 1_048_576;

/**
 * Reads a configuration and applies tunings to it in order.
 *
 * @throws Problem('configuration') if a file or a tuning has a syntax error, or a tuning has no effect
 */
export async function readTuned(
  { path, tunings, options }: Pick<ProxySource, 'tunings' | 'options'> & { path: string | ConfigurationText },
  onChange: OnChange = () => {},
): Promise<Node[]> {
  const reading = options === null ? AS_IT_LIES : await readingOf(options, onChange);
  return readConfiguration(path, reading, (tree) =>
    tunings.reduce<readonly Node[]>((tuned, { name, text }) => {
      const tuning = parse(text, `the tuning ${name}`);
      refuseForeign(tuning, resolvesNames(tuning));
      return overlay(tuned, tuning);
    }, tree),
  );
}

/** The first version in which `resolve` is not reserved for Nginx Plus. */
const RESOLVES_SINCE = '1.27.3';

/** Whether any of these tunings makes Nginx resolve the names of upstream servers while it runs. */
export function needNameServer(tunings: ProxySource['tunings']): boolean {
  return resolving(tunings) !== undefined;
}

/** Returns a sentence if this Nginx is too old for one of the tunings; otherwise null. */
export function lackOfResolving(
  { tunings }: Pick<ProxySource, 'tunings'>,
  { version }: Pick<NginxVersion, 'version'>,
): string | null {
  const tuning = resolving(tunings);
  if (tuning === undefined || atLeast(version, RESOLVES_SINCE)) return null;
  return `The tuning ${tuning.name} needs Nginx ${RESOLVES_SINCE} or newer, but this is Nginx ${version}. Use --nginx to name a newer one, for example --nginx debian:forky.`;
}

function resolving(tunings: ProxySource['tunings']): ProxySource['tunings'][number] | undefined {
  return tunings.find(({ name, text }) => resolvesNames(parse(text, `the tuning ${name}`)));
}

function resolvesNames(nodes: readonly Node[]): boolean {
  return directives(nodes).some((node) =>
    node.block === null ? isResolved(node) : resolvesNames(node.block),
  );
}

/** @param resolves whether the tuning resolves names; if it does not, a resolver would have no effect */
function refuseForeign(nodes: readonly Node[], resolves: boolean): void {
  for (const node of nodes) {
    if (node.kind === 'comment') continue;
    if (node.name === 'include') {
      throw new Problem(
        'configuration',
        `"include" at ${place(node.origin)} cannot be part of a tuning. Copy the included directives into the tuning.`,
      );
    }
    if (/^resolver(_timeout)?$/.test(node.name) && !resolves) {
      throw new Problem(
        'configuration',
        `"${node.name}" at ${place(node.origin)} would change nothing, because no server in the tuning is resolved while Nginx runs. Add "resolve" to a server, or leave out this directive.`,
      );
    }
    const option = SET_BY_RUN[node.name];
    if (option !== undefined) {
      const remedy = option === null ? 'Leave it out.' : `Use ${option} to set it for all sides.`;
      throw new Problem(
        'configuration',
        `"${node.name}" at ${place(node.origin)} would change nothing, because the run sets this directive itself. ${remedy}`,
      );
    }
    if (node.block !== null) refuseForeign(node.block, resolves);
  }
}

async function readingOf(
  { roots, envFile, keepGuards }: ConfigurationOptions,
  onChange: OnChange,
): Promise<Reading> {
  return {
    keepGuards,
    roots: roots.map(({ from, to }) => ({ from, to: resolve(to) })),
    environment: { file: envFile === null ? {} : await readEnvironment(envFile), process: process.env },
    onChange,
  };
}

async function readEnvironment(path: string): Promise<NodeJS.Dict<string>> {
  const bytes = await readRegularFile(path, MAX_ENV_BYTES).catch((cause: Error) => {
    throw new Problem('usage', `--env-file ${path} cannot be read: ${cause.message}.`, { cause });
  });
  return parseEnv(bytes.toString('utf8'));
}
