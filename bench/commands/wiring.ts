import { randomInt } from 'node:crypto';
import { check } from '../check/check.ts';
import { runExperiment, watchMachine } from '../experiment/experiment.ts';
import { findNginx } from '../nginx/binary.ts';
import { lackOfStream, needsStreamModule } from '../nginx/stream-module.ts';
import type { Node } from '../nginx/tree.ts';
import { readTuned } from '../nginx/tuned.ts';
import { passesOverTls } from '../nginx/upstream-tls.ts';
import { findPaths } from '../nginx/websocket.ts';
import { canObserve, readEnvironment, readMachine } from '../observe/environment.ts';
import { loadProfiles } from '../plan/profile.ts';
import { loadTunings } from '../plan/tuning.ts';
import type { Side } from '../plan/variants.ts';
import { findCalibration, keepCalibration } from '../store/calibrations.ts';
import { bunHere } from '../topology/engine.ts';
import { checkProxy, proxySource } from '../topology/target.ts';
import { fetchPlace } from '../topology/workplace.ts';
import { keepUp } from '../up/up.ts';
import { readConfigFile } from './config-file.ts';
import { examine } from './doctor/examine.ts';
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

const bunVersion = () => bunHere()?.version ?? null;

async function configurationOf({ profile, variant }: Side): Promise<Node[] | null> {
  const { configurationPath: path, options } = profile;
  return path === null ? null : readTuned({ path, options, tunings: variant.proxy?.tunings ?? [] });
}

/** A fetch that is called off has nothing to end in order. */
function search(say: (line: string) => void, urgent: AbortSignal) {
  const place = fetchPlace({ say, urgent });
  return { say, place, searchPath: process.env.PATH ?? '', cacheDir: cacheFolder() };
}

/** What the commands are made of on a real machine. */
export const services: Services = {
  loadProfiles: () => loadProfiles(PROFILES_FOLDER),
  loadTunings: () => loadTunings(TUNINGS_FOLDER),
  async checkTunings(side) {
    const { options } = side.profile;
    const tree = await configurationOf(side);
    if (tree !== null && options !== null) findPaths(tree, options);
  },
  findNginx: (source, { say, signal }) => findNginx({ source, signal, ...search(say, signal) }),
  async missingModule(side, binary) {
    const tree = await configurationOf(side);
    return tree === null || !needsStreamModule(tree) ? null : lackOfStream(binary);
  },
  async passesOverTls(side) {
    const { options } = side.profile;
    const tree = await configurationOf(side);
    return tree !== null && options !== null && passesOverTls(tree, options);
  },
  async checkSide({ plan, profile, variant }, binary, ears) {
    const source = proxySource(profile, variant);
    if (plan.proxy !== null && source !== null)
      await checkProxy(source, plan.proxy, binary, plan.servers, ears);
  },
  findCalibration: (machine) => findCalibration(calibrationsFolder(), machine),
  keepCalibration: (kept) => keepCalibration(calibrationsFolder(), kept),
  canObserve,
  readEnvironment: () => readEnvironment(bunVersion()),
  readMachine: () => readMachine(bunVersion()),
  examine: (nginx) =>
    examine({ ...nginx, ...search(nginx.say, new AbortController().signal) }, PACKAGE_FOLDER),
  watchMachine,
  runExperiment,
  keepUp,
  readConfigFile: (path) => readConfigFile(path, process.cwd()),
  checkConfiguration: check,
  readVersion,
  readIdentity,
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  drawSeed: () => randomInt(2 ** 32),
};
