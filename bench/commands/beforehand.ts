import type { CalibratedMachine } from '../model/calibration.ts';
import { Problem } from '../model/failure.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Environment, ResultHead } from '../model/result.ts';
import type { PlannedStep, Planning } from '../plan/plan.ts';
import type { VariantProxy } from '../topology/driver.ts';
import type { Ears } from '../topology/workplace.ts';
import type { Services } from './services.ts';

/** Services needed by the checks that precede a comparison. */
export type BeforehandNeed = 'checkSide' | 'findCalibration';

const OUTDATED =
  'The calibration stored for this machine was made by an earlier version that measured differently, so it is not used. ' +
  'Run `calibrate` again.';

/**
 * Makes the proxy of every side check its configuration. Then looks up this machine's stored calibration, and
 * reports a calibration that no longer applies.
 *
 * @throws Problem like `checkSides`
 */
export async function lookBeforehand(
  planning: Planning,
  environment: Environment,
  proxies: ReadonlyMap<string, VariantProxy>,
  services: Pick<Services, BeforehandNeed>,
  ears: Ears,
): Promise<Pick<ResultHead, 'calibration'>> {
  const { baseline, version } = await checkSides(planning, proxies, services, ears);
  if (version === undefined || baseline === undefined) return {};
  // A calibration applies only to this host, so runs with agents have none.
  const { agents, proxyAgent, serverAgents } = baseline.plan;
  if ((agents ?? proxyAgent ?? serverAgents) !== undefined) return {};
  const machine = calibratedMachine(environment, baseline.plan, version);
  const calibration = await services.findCalibration(machine);
  if (calibration === 'outdated') ears.say(OUTDATED);
  return calibration === null || calibration === 'outdated' ? {} : { calibration };
}

/**
 * Makes the proxy of every side check its configuration before the first round, so that a rejected configuration is
 * reported within a second.
 *
 * @returns the first side, and the version of the first proxy
 * @throws Problem('configuration') that names the side
 */
export async function checkSides(
  { plan, variants, planStep }: Planning,
  proxies: ReadonlyMap<string, VariantProxy>,
  services: Pick<Services, 'checkSide'>,
  ears: Ears,
): Promise<{ baseline: PlannedStep | undefined; version: string | undefined }> {
  const planned = variants.map(({ name }) => planStep({ variant: name, step: plan.steps[0] ?? '' }));
  const versions: string[] = [];
  for (const each of planned) {
    const proxy = proxies.get(each.variant.name);
    if (proxy === undefined) continue;
    await check(each, proxy, services, ears);
    versions.push(proxy.binary.version);
  }
  return { baseline: planned[0], version: versions[0] };
}

/** Everything that must match for a stored calibration to apply: machine, engine, carrier and proxy. */
export function calibratedMachine(
  { cpuModel, cpus, kernel }: Environment,
  { engine, carrier }: Pick<RunPlan, 'engine' | 'carrier'>,
  nginx: string,
): CalibratedMachine {
  return { cpuModel, cpus, kernel, engine, carrier, nginx };
}

async function check(
  planned: PlannedStep,
  proxy: VariantProxy,
  services: Pick<Services, 'checkSide'>,
  ears: Ears,
): Promise<void> {
  try {
    await services.checkSide(planned, proxy, ears);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { kind, code, message } = error;
    throw new Problem(kind, `${planned.variant.name} cannot be compared. ${message}`, { code, cause: error });
  }
}
