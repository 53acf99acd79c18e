import { randomInt } from 'node:crypto';
import { runExperiment, watchMachine } from '../experiment/experiment.ts';
import { readEnvironment, readMachine } from '../observe/environment.ts';
import { loadProfiles } from '../plan/profile.ts';
import { bunHere } from '../topology/engine.ts';
import { cacheFolder, PROFILES_FOLDER, readVersion } from './installation.ts';
import type { Services } from './services.ts';

const bunVersion = () => bunHere()?.version ?? null;

/** What the commands are made of on a real machine. */
export const services: Services = {
  loadProfiles: () => loadProfiles(PROFILES_FOLDER),
  readEnvironment: () => readEnvironment(bunVersion()),
  readMachine: () => readMachine(bunVersion()),
  watchMachine,
  runExperiment: (input) => runExperiment({ ...input, cacheDir: cacheFolder() }),
  readVersion,
  now: () => new Date(),
  elapsedMs: () => performance.now(),
  drawSeed: () => randomInt(2 ** 32),
};
