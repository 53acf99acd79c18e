import { randomInt } from 'node:crypto';
import { runExperiment, watchMachine } from '../experiment/experiment.ts';
import { readTuned } from '../nginx/tuned.ts';
import { findPaths } from '../nginx/websocket.ts';
import { canObserve, readEnvironment, readMachine } from '../observe/environment.ts';
import { loadProfiles } from '../plan/profile.ts';
import { loadTunings } from '../plan/tuning.ts';
import { cacheFolder, PROFILES_FOLDER, readVersion, TUNINGS_FOLDER } from './installation.ts';
import type { Services } from './services.ts';

/** What the commands are made of on a real machine. */
export const services: Services = {
  loadProfiles: () => loadProfiles(PROFILES_FOLDER),
  loadTunings: () => loadTunings(TUNINGS_FOLDER),
  async checkTunings({ profile: { configurationPath: path, options }, variant }) {
    if (path === null) return;
    const tree = await readTuned({ path, tunings: variant.proxy?.tunings ?? [], options });
    if (options !== null) findPaths(tree, options);
  },
  canObserve,
  readEnvironment,
  readMachine,
  watchMachine,
  runExperiment: (input) => runExperiment({ ...input, cacheDir: cacheFolder() }),
  readVersion,
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  drawSeed: () => randomInt(2 ** 32),
};
