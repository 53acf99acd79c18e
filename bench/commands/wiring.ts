import { randomInt } from 'node:crypto';
import type { ConfigurationOptions } from '../model/configuration.ts';
import type { HostMachine } from '../model/host.ts';
import type { Environment } from '../model/result.ts';
import { findNginx } from '../nginx/binary.ts';
import { namingEmptyIncludes } from '../nginx/empty-include.ts';
import { collectChanges } from '../nginx/notices.ts';
import { maskProblems } from '../nginx/secrets.ts';
import { lackOfStream, needsStreamModule } from '../nginx/stream-module.ts';
import type { Node } from '../nginx/tree.ts';
import { readTuned } from '../nginx/tuned.ts';
import { passesOverTls } from '../nginx/upstream-tls.ts';
import { findPaths } from '../nginx/websocket.ts';
import { canObserve, readEnvironment, readMachine } from '../observe/environment.ts';
import { checkLoopback } from '../observe/loopback.ts';
import { loadProfiles } from '../plan/profile.ts';
import { loadTunings } from '../plan/tuning.ts';
import type { Side } from '../plan/variants.ts';
import type { OwnSections } from '../report/own-scenario.ts';
import { addScenario } from '../scenarios/registry.ts';
import { findCalibration, keepCalibration } from '../store/calibrations.ts';
import { bunHere } from '../topology/engine.ts';
import { ioUringHere } from '../topology/io-uring.ts';
import { fetchPlace } from '../topology/workplace.ts';
import { readConfigFile } from './config-file.ts';
import { readIdentity } from './identity.ts';
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

/**
 * Reads a side's configuration and passes it to `act`. Secrets inserted from variables are masked in errors
 * from either step.
 */
async function withConfiguration<T>(
  { profile, variant }: Side,
  act: (tree: Node[], options: ConfigurationOptions | null) => T,
): Promise<T | null> {
  const { configurationPath: path, options } = profile;
  if (path === null) return null;
  const changes = collectChanges();
  const source = { path, options, tunings: variant.proxy?.tunings ?? [] };
  return maskProblems(changes.secrets, () =>
    namingEmptyIncludes(changes, async () => act(await readTuned(source, changes.note), options)),
  );
}

/** Options for finding Nginx. A fetch stops on the urgent signal, because it needs no graceful shutdown. */
function search(say: (line: string) => void, urgent: AbortSignal) {
  const place = fetchPlace({ say, urgent });
  return { say, place, searchPath: process.env.PATH ?? '', cacheDir: cacheFolder() };
}

/** The part of the environment that describes a host of others. */
function systemOf({ os, kernel, arch, cpuModel, memoryBytes }: Environment): HostMachine {
  return { os, kernel, arch, cpuModel, memoryBytes };
}

/** The services of all commands on a real machine. What only some commands need is imported when they ask for it. */
export const services: Services = {
  loadProfiles: () => loadProfiles(PROFILES_FOLDER),
  loadTunings: () => loadTunings(TUNINGS_FOLDER),
  async checkTunings(side) {
    await withConfiguration(side, (tree, options) => options !== null && findPaths(tree, options));
  },
  findNginx: (source, { say, signal }) => findNginx({ source, signal, ...search(say, signal) }),
  async missingModule(side, binary) {
    return (await withConfiguration(side, needsStreamModule)) ? lackOfStream(binary) : null;
  },
  async passesOverTls(side) {
    const passes = await withConfiguration(
      side,
      (tree, options) => options !== null && passesOverTls(tree, options),
    );
    return passes ?? false;
  },
  async checkSide({ plan, profile, variant }, binary, ears) {
    const { checkProxy, proxySource } = await import('../topology/target.ts');
    const source = proxySource(profile, variant);
    if (plan.proxy !== null && source !== null)
      await checkProxy(source, plan.proxy, binary, plan.servers, ears);
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
    return serveAgent({ access: nats, ...agent, version, machine, system: systemOf(system), ...ears });
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
