import { randomInt } from 'node:crypto';
import { runExperiment } from '../experiment/experiment.ts';
import { figuresOf } from '../measure/figures.ts';
import { readEnvironment, readMachine } from '../observe/environment.ts';
import { chooseProfiles, loadProfiles } from '../plan/profile.ts';
import { jsonSummary } from '../report/json.ts';
import { writeListing } from '../report/listing.ts';
import { readResult } from '../report/read.ts';
import { progressLine, summaryText } from '../report/terminal.ts';
import { writeReport, writeResult } from '../report/write.ts';
import { cacheFolder, PROFILES_FOLDER, readVersion } from './installation.ts';
import type { Services } from './services.ts';

/** What the commands are made of on a real machine. */
export const services: Services = {
  loadProfiles: () => loadProfiles(PROFILES_FOLDER),
  chooseProfiles,
  readEnvironment,
  readMachine,
  runExperiment: async (input) =>
    runExperiment({ ...input, version: await readVersion(), cacheDir: cacheFolder() }),
  figuresOf,
  writeResult,
  writeReport,
  writeListing,
  readResult,
  jsonSummary,
  summaryText,
  progressLine,
  readVersion,
  now: () => new Date(),
  drawSeed: () => randomInt(2 ** 32),
};
