import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import {
  CALIBRATION_VERSION,
  type CalibratedMachine,
  type KeptCalibration,
  keptCalibrationSchema,
} from '../model/calibration.ts';
import { readFileIn, writeFileWhole } from './file.ts';

/**
 * Stores a calibration in a folder, replacing any previous one for the same machine, engine, carrier and proxy.
 *
 * @returns the path
 * @throws Problem('environment') like `writeFileWhole`
 */
export async function keepCalibration(folder: string, kept: KeptCalibration): Promise<string> {
  return writeFileWhole(join(folder, fileOf(kept.machine)), `${JSON.stringify(kept, null, 1)}\n`);
}

/**
 * Finds the calibration for exactly this machine, engine, carrier and proxy; `outdated` if it was stored by an earlier
 * version that measured differently; null if there is none or it cannot be read. An unreadable file is not an error,
 * because a calibration can be repeated.
 */
export async function findCalibration(
  folder: string,
  machine: CalibratedMachine,
): Promise<KeptCalibration | 'outdated' | null> {
  try {
    const text = await readFileIn(folder, fileOf(machine));
    if (text === null) return null;
    const kept = v.parse(keptCalibrationSchema, JSON.parse(text));
    return kept.schemaVersion === CALIBRATION_VERSION ? kept : 'outdated';
  } catch {
    return null;
  }
}

/**
 * Returns the name of a calibration's file. The name is a digest, because CPU names and versions are external input and
 * could otherwise form a path to another folder.
 */
function fileOf({ cpuModel, cpus, kernel, engine, carrier, nginx }: CalibratedMachine): string {
  const conditions = [cpuModel, cpus, kernel, engine, nginx];
  // `sockets` is omitted from the name, so that calibrations from versions in which it was the only carrier are still
  // found.
  if (carrier !== 'sockets') conditions.push(carrier);
  const digest = createHash('sha256').update(JSON.stringify(conditions));
  return `${digest.digest('hex').slice(0, 16)}.json`;
}
