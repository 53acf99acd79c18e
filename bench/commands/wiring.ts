import { randomInt } from 'node:crypto';
import { check } from '../check/check.ts';
import { runExperiment, watchMachine } from '../experiment/experiment.ts';
import { findNginx } from '../nginx/binary.ts';
import { lackOfStream, needsStreamModule } from '../nginx/stream-module.ts';
import type { Node } from '../nginx/tree.ts';
import { readTuned } from '../nginx/tuned.ts';
import { findPaths } from '../nginx/websocket.ts';
import { canObserve, readEnvironment, readMachine } from '../observe/environment.ts';
import { loadProfiles } from '../plan/profile.ts';
import { loadTunings } from '../plan/tuning.ts';
import type { Side } from '../plan/variants.ts';
import { bunHere } from '../topology/engine.ts';
import { cacheFolder, PROFILES_FOLDER, readVersion, TUNINGS_FOLDER } from './installation.ts';
import type { Services } from './services.ts';

const bunVersion = () => bunHere()?.version ?? null;

async function configurationOf({ profile, variant }: Side): Promise<Node[] | null> {
  const { configurationPath: path, options } = profile;
  return path === null ? null : readTuned({ path, options, tunings: variant.proxy?.tunings ?? [] });
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
  async missingModule(side, nginx) {
    const tree = await configurationOf(side);
    if (tree === null || !needsStreamModule(tree)) return null;
    const searchPath = process.env.PATH ?? '';
    return lackOfStream(await findNginx({ ...nginx, searchPath, cacheDir: cacheFolder() }));
  },
  canObserve,
  readEnvironment: () => readEnvironment(bunVersion()),
  readMachine: () => readMachine(bunVersion()),
  watchMachine,
  runExperiment: (input) => runExperiment({ ...input, cacheDir: cacheFolder() }),
  async checkConfiguration({ nginxPath, say, ...input }) {
    const search = { searchPath: process.env.PATH ?? '', cacheDir: cacheFolder() };
    return check({
      ...input,
      binary: await findNginx({ path: nginxPath, say, signal: input.signal, ...search }),
    });
  },
  readVersion,
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  drawSeed: () => randomInt(2 ** 32),
};
