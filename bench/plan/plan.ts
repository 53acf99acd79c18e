import { basename } from 'node:path';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
import type { Plan, RunPlan, Step, StepPlan } from '../model/plan.ts';
import type { RunSpec, StepOfVariant } from '../model/strategy.ts';
import { usesAssignedAddresses } from '../model/target.ts';
import type { Variant } from '../model/variant.ts';
import type { RunRequest } from '../request/request.ts';
import { quoted } from '../request/units.ts';
import { notice } from '../wording/finding.ts';
import { fitTogether, preflight } from './preflight.ts';
import { sourceAddresses } from './source-ports.ts';
import type { Side } from './variants.ts';

/** A planned step of a variant, with the preflight's notices. */
export interface PlannedStep extends Side {
  plan: StepPlan;
  /** Number of source ports that the connections of a run need. */
  ports: number;
  notices: Notice[];
}

/** A planned run. */
export interface PlannedRun extends Omit<PlannedStep, 'ports'> {
  plan: RunPlan;
}

/** Inputs for planning in addition to the request. */
export interface PlanningContext {
  /** Command-line arguments: argv without node and the script. */
  command: readonly string[];
  now: Date;
  /** Seed to use if the request gives none; a whole number below 2^32. */
  seed: number;
  machine: Machine;
}

/** A request and all decisions that can be made before its first run. */
export interface Planning {
  /** Name of the result and of its folder. */
  id: string;
  plan: Plan;
  variants: Variant[];
  /**
   * Plans everything that all runs of a variant and step share. A pure function.
   *
   * @throws Problem if the machine cannot handle such a run
   */
  planStep(of: StepOfVariant): PlannedStep;
  /** Plans run `number` (from 1) completely. A pure function that throws like `planStep`. */
  planRun(spec: RunSpec, number: number): PlannedRun;
  /** Whether the machine's memory can hold all variants at the same time. */
  together: boolean;
}

/** @throws Problem if the name cannot be used for a folder */
export function planRequest(
  request: RunRequest,
  sides: readonly Side[],
  { command, now, seed: drawn, machine }: PlanningContext,
): Planning {
  const seed = request.seed ?? drawn;
  const profiles = sides.map(({ profile }) => profile);
  const onAgents = (machine.generators ?? machine.proxyHost ?? machine.serverHosts) !== undefined;
  /** Returns the request with the scenario that declares the step. */
  function requestFor(step: Step): RunRequest {
    const owner = request.others.find(({ scenario }) => scenario.steps.some(({ name }) => name === step));
    return { ...request, ...owner };
  }
  function planStep(of: StepOfVariant): PlannedStep {
    const side = sides.find(({ variant }) => variant.name === of.variant);
    if (side === undefined) throw new TypeError(`there is no variant ${of.variant}`);
    const { profile, variant } = side;
    return {
      ...preflight(requestFor(of.step), { ...of, profile, profiles, machine, seed }),
      profile,
      variant,
    };
  }
  return {
    id: resultIdOf(now, nameOf(request)),
    plan: {
      command: [...command],
      seed,
      strict: request.strict,
      thresholds: request.thresholds.map(({ text }) => text),
      scenario: request.scenario.name,
      ...(request.scenario.declared === undefined ? {} : { declared: request.scenario.declared }),
      steps: [...request.steps],
      ...request.tags,
    },
    variants: sides.map(({ variant }) => variant),
    together: !onAgents && fitTogether(request, profiles, machine),
    planStep,
    planRun({ round, load, turns, ...of }, number) {
      const { plan, ports, notices, ...side } = planStep(of);
      const { scenario, scenarioOptions: options, payload } = requestFor(of.step);
      const workload = { scenario: scenario.name, load, payload: of.payload ?? payload, options };
      // The addresses and ports of other hosts are unknown, so their kernels choose them.
      const isAssigned = usesAssignedAddresses(plan.target) && plan.agents === undefined;
      const addresses = isAssigned ? sourceAddresses(ports, plan.seed, machine, number) : [];
      const isApart = round !== null && profiles.length > 1 && turns === undefined && scenario.takesTurns;
      const apart = notice('info', onAgents ? 'agents-apart' : 'preflight-apart', {});
      return {
        ...side,
        plan: { ...plan, round, workload, turns: turns ?? null, sourceAddresses: addresses },
        notices: isApart ? [...notices, apart] : notices,
      };
    },
  };
}

/**
 * Returns the ID of a result that starts now: the time, and a name that the user chose or will recognise.
 *
 * @throws Problem if the name cannot be used for a folder
 */
export function resultIdOf(now: Date, name: string): string {
  return `${timestamp(now)}-${folderName(name)}`;
}

/**
 * Formats a time as in `20250102T030405Z`, which sorts chronologically and is a valid file name on every
 * system.
 */
function timestamp(now: Date): string {
  return now.toISOString().replace(/\.\d+|[-:]/g, '');
}

const MOST_NAME_CHARACTERS = 80;

function nameOf({ name, variants, configurations }: RunRequest): string {
  const names = [...variants, ...configurations.map((path) => basename(path))];
  return name ?? (names.length > 3 ? `${names.length}-variants` : names.join('-'));
}

/** Latin letters that Unicode does not decompose into an ASCII letter and a mark. */
const LATIN: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', ẞ: 'SS', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', ø: 'o', Ø: 'O', ł: 'l', Ł: 'L' },
  ...{ đ: 'd', Đ: 'D', ð: 'd', Ð: 'D', þ: 'th', Þ: 'Th', ı: 'i', ħ: 'h', Ħ: 'H', ŧ: 't', Ŧ: 'T' },
};

/** Returns the user-defined part of a result's ID, containing only characters that the ID schema allows. */
function folderName(wanted: string): string {
  const cleaned = wanted
    .replace(/\p{L}/gu, (letter) => LATIN[letter] ?? letter)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, MOST_NAME_CHARACTERS);
  if (cleaned !== '') return cleaned;
  throw new Problem(
    'usage',
    `--name ${quoted(wanted)} must contain a letter or digit (A to Z, 0 to 9), because it names a folder.`,
  );
}
