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

/**
 * Has the proxy of every side check its configuration before the first round, so that a rejected configuration is
 * reported within a second. Then looks up this machine's stored calibration.
 *
 * @throws Problem('configuration') that names the side
 */
export async function lookBeforehand(
  { plan, variants, planStep }: Planning,
  environment: Environment,
  proxies: ReadonlyMap<string, VariantProxy>,
  services: Pick<Services, BeforehandNeed>,
  ears: Ears,
): Promise<Pick<ResultHead, 'calibration'>> {
  const planned = variants.map(({ name }) => planStep({ variant: name, step: plan.steps[0] ?? '' }));
  const versions: string[] = [];
  for (const each of planned) {
    const proxy = proxies.get(each.variant.name);
    if (proxy === undefined) continue;
    await check(each, proxy, services, ears);
    versions.push(proxy.binary.version);
  }
  const [version] = versions;
  const [baseline] = planned;
  // A calibration is about this host only.
  const { agents, proxyAgent, serverAgents } = baseline?.plan ?? {};
  const isElsewhere = (agents ?? proxyAgent ?? serverAgents) !== undefined;
  if (version === undefined || baseline === undefined || isElsewhere) return {};
  const machine = calibratedMachine(environment, baseline.plan, version);
  const calibration = await services.findCalibration(machine);
  return calibration === null ? {} : { calibration };
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
