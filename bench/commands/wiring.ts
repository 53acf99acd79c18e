import { randomInt } from 'node:crypto';
import { homedir, hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import { Problem } from '../model/failure.ts';
import type { HostMachine } from '../model/host.ts';
import type { ProxyKind } from '../model/proxy.ts';
import type { Environment } from '../model/result.ts';
import type { Tuning } from '../model/variant.ts';
import { canObserve, readEnvironment, readMachine } from '../observe/environment.ts';
import { checkLoopback } from '../observe/loopback.ts';
import { loadProfiles } from '../plan/profile.ts';
import { loadTunings } from '../plan/tuning.ts';
import type { OwnSections } from '../report/own-scenario.ts';
import { addScenario } from '../scenarios/registry.ts';
import { findCalibration, keepCalibration } from '../store/calibrations.ts';
import type { ProxyDriver, ProxySource } from '../topology/driver.ts';
import { bunHere } from '../topology/engine.ts';
import { ioUringHere } from '../topology/io-uring.ts';
import { fetchPlace } from '../topology/workplace.ts';
import { readConfigFile } from './config-file.ts';
import {
  cacheFolder,
  calibrationsFolder,
  PACKAGE_FOLDER,
  PROFILES_FOLDER,
  readVersion,
  TUNINGS_FOLDER,
} from './installation.ts';
import type { Services } from './services.ts';
import { readStandardInput } from './standard-input.ts';

const runtime = () => ({ bun: bunHere()?.version ?? null, ioUring: ioUringHere() });

/** The drivers of all kinds of proxies. */
const DRIVERS: Readonly<Record<ProxyKind, () => Promise<ProxyDriver>>> = {
  nginx: async () => (await import('../nginx/driver.ts')).NGINX,
};

/**
 * Options for finding a proxy. `urgent` kills a fetch in progress. A fetch needs no graceful shutdown, so
 * `urgent` may be the signal that shuts everything else down gracefully.
 */
function search(say: (line: string) => void, urgent: AbortSignal) {
  const place = fetchPlace({ say, urgent });
  return { say, place, searchPath: process.env.PATH ?? '', cacheDir: cacheFolder() };
}

/** The configuration of a profile that is installed here. */
async function ownSource(name: string, tunings: readonly Tuning[]): Promise<ProxySource> {
  const profile = (await loadProfiles(PROFILES_FOLDER)).find((each) => each.name === name);
  const path = profile?.configurationPath ?? null;
  if (profile === undefined || path === null)
    throw new Problem(
      'environment',
      `its host has no Nginx profile named ${name}. Install the same version on all hosts.`,
    );
  return { path, options: null, tunings, key: profile.key, upstreamTls: profile.upstreamTls };
}

/** The part of the environment that an agent reports about its host. */
function systemOf({ os, kernel, arch, cpuModel, memoryBytes }: Environment): HostMachine {
  return { os, kernel, arch, cpuModel, memoryBytes };
}

/** Names of this machine and its user, as far as the system reports them. */
function readIdentity(): string[] {
  const host = hostname();
  const names = [host, host.split('.')[0] ?? '', basename(homedir()), userName()];
  return [...new Set(names.filter((name) => name !== ''))];
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user has no entry in /etc/passwd, as in many containers.
    return '';
  }
}

/**
 * The services of all commands on a real machine. Modules that only some commands need are imported on
 * demand.
 */
export const services: Services = {
  loadProfiles: () => loadProfiles(PROFILES_FOLDER),
  loadTunings: () => loadTunings(TUNINGS_FOLDER),
  async findProxy(kind, source, { say, signal }) {
    return (await DRIVERS[kind]()).locate({ source, signal, ...search(say, signal) });
  },
  async findNginx(source, { say, signal }) {
    const { findNginx } = await import('../nginx/binary.ts');
    return findNginx({ source, signal, ...search(say, signal) });
  },
  prepareProxy: async (kind, source) => (await DRIVERS[kind]()).prepare(source),
  async checkSide({ plan }, { prepared, binary }, ears) {
    if (plan.proxy !== null) await prepared.check(plan.proxy, binary, plan.servers, ears);
  },
  findCalibration: (machine) => findCalibration(calibrationsFolder(), machine),
  keepCalibration: (kept) => keepCalibration(calibrationsFolder(), kept),
  canObserve,
  readEnvironment: () => readEnvironment(runtime()),
  readMachine: () => readMachine(runtime()),
  async examine(nginx) {
    const { examine } = await import('./doctor/examine.ts');
    return examine({ ...nginx, ...search(nginx.say, new AbortController().signal) }, PACKAGE_FOLDER);
  },
  async watchMachine() {
    await checkLoopback();
    return (await import('../experiment/experiment.ts')).watchMachine();
  },
  async runExperiment(input) {
    return (await import('../experiment/experiment.ts')).runExperiment(input);
  },
  async findAgents({ nats, listen, ...wanted }, signal) {
    if (listen !== null) await (await import('../topology/ports.ts')).requireOwnAddress('--listen', listen);
    return (await import('../agents/found-agents.ts')).findAgents(nats, wanted, await readVersion(), signal);
  },
  async serveAgent({ nats, ...agent }, ears) {
    const [{ serveAgent }, version, machine, system] = await Promise.all([
      import('../agents/agent.ts'),
      readVersion(),
      readMachine(runtime()),
      readEnvironment(runtime()),
    ]);
    if (agent.listen !== null) {
      const { requireOwnAddress } = await import('../topology/ports.ts');
      await requireOwnAddress('--listen', agent.listen);
    }
    const { say, urgent } = ears;
    return serveAgent({
      access: nats,
      ...agent,
      ...{ version, machine, system: systemOf(system), ...ears },
      proxy: {
        sourceOf: ownSource,
        driverOf: (kind) => DRIVERS[kind](),
        find: async (kind) =>
          (await DRIVERS[kind]()).locate({ source: null, signal: ears.signal, ...search(say, urgent) }),
      },
    });
  },
  async keepUp(...given) {
    await checkLoopback();
    return (await import('../up/up.ts')).keepUp(...given);
  },
  readConfigFile: (path) => readConfigFile(path, process.cwd()),
  async addScenario(path) {
    const { loadOwnScenario } = await import('../scenarios/load-own.ts');
    const { definition, own } = await loadOwnScenario(path, process.cwd(), await import('../package.ts'));
    addScenario(definition, path);
    const { addSections } = await import('../report/scenario.ts');
    addSections(definition.name, (own.sections ?? []) as OwnSections);
  },
  async checkConfiguration(...given) {
    await checkLoopback();
    return (await import('../check/check.ts')).check(...given);
  },
  readStandardInput: (signal) => readStandardInput(process.stdin, signal),
  readVersion,
  readIdentity,
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  drawSeed: () => randomInt(2 ** 32),
};
