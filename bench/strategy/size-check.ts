import { knownFigures } from '../measure/figures.ts';
import type { Estimate } from '../model/estimate.ts';
import type { Finding } from '../model/finding.ts';
import { ratePerSecondOf } from '../model/load.ts';
import type { Run } from '../model/run.ts';
import type { Checked, CheckedName } from '../model/size.ts';
import { atLeastZero, sumOf } from '../stats/estimate.ts';
import { exclusionOf, type MeasuredCosts, processesOf, slotsOf } from './size-costs.ts';
import { costOf } from './size-needs.ts';

/** The runs that check a plan; each is undefined until it has finished. */
export interface CheckRuns {
  memory: Run | undefined;
  messages: Run | undefined;
}

/** Compares the values predicted from the costs for the larger runs with the values measured in these runs. */
export function checkedOf({ memory, messages }: CheckRuns, measured: MeasuredCosts): Checked[] {
  return [
    ...(memory === undefined ? [] : memoryChecked(memory, measured)),
    ...(messages === undefined ? [] : messagesChecked(messages, measured)),
  ];
}

function memoryChecked(run: Run, { memory, files }: MeasuredCosts): Checked[] {
  const excluded = exclusionOf(run, 'idleMemory.proxy');
  const last = excluded === null ? run.memory.at(-1) : undefined;
  const open = last?.open ?? run.plan.connections;
  const predicted = {
    memory: memory?.at([processesOf(run), slotsOf(run), open]),
    files: files?.at([processesOf(run), open]),
  };
  return [
    ...(predicted.memory === undefined
      ? []
      : [compared('memory', atLeastZero(predicted.memory), last?.proxyBytes ?? null, excluded)]),
    ...(predicted.files === undefined
      ? []
      : [compared('files', predicted.files, last?.proxyFiles ?? null, excluded)]),
  ];
}

function messagesChecked(run: Run, { costs }: MeasuredCosts): Checked[] {
  const cost = costOf(costs, 'cpu-message');
  const rate = ratePerSecondOf(run.plan.workload.load);
  if (cost === null || rate === null) return [];
  const excluded = exclusionOf(run, 'cpuPerMessage.proxy');
  const { cpuUs, perSecond } = knownFigures(run).work;
  const cores =
    excluded !== null || cpuUs.proxy === null || perSecond === null ? null : (cpuUs.proxy * perSecond) / 1e6;
  return [compared('cores', sumOf([[rate / 1e6, cost]]), cores, excluded)];
}

function compared(
  name: CheckedName,
  predicted: Estimate,
  measured: number | null,
  excluded: Finding | null,
): Checked {
  const error = measured === null || measured === 0 ? null : (predicted.value - measured) / measured;
  return { name, predicted, measured, excluded, error };
}
