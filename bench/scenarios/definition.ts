import type { Metric } from '../metrics/metric.ts';
import type { Load, Payload, Phase, ScenarioOptions } from '../model/load.ts';
import type { Step } from '../model/plan.ts';
import type { RecordedNames } from '../model/recording.ts';
import type { Timeline } from '../model/timeline.ts';

/** One purpose of a run: the load, and how its messages arrive. */
export interface StepDefinition {
  name: Step;
  /** Null if the scenario sends no messages on a schedule or in a loop. */
  load: Load['kind'] | null;
  /** The echo server that is used if the user names none. */
  server: 'lean' | 'ws';
}

/** An option of `run` that only one scenario has. Its value is part of the workload. */
export type ScenarioOption = {
  /** As `--help` writes the value: `TIME`, `client|server|none`. */
  value: string;
  help: string;
} & (
  | { kind: 'duration'; leastMs: number; default: number }
  | { kind: 'choice'; choices: readonly string[]; default: string }
  | { kind: 'count'; least: number; most: number; default: number }
  | { kind: 'text'; pattern: RegExp; expected: string; default: string }
);

/** Two sums of counters and gauges that must be equal for every worker: `sent` = `echoed` + `outstanding` + `lost`. */
export interface Equation {
  whole: string;
  parts: readonly string[];
}

/** A metric that a comparison takes from a step. */
export interface ComparedName {
  name: string;
  step: Step;
  /** Its share of the 5 % of false positives that a comparison may have, in hundredths. */
  weight: number;
  /** Part of the verdict on the variant as a whole. */
  headline: boolean;
}

/** A metric shown in lists of results. */
export interface ListedName {
  name: string;
  step: Step;
  /** Precedes the value; empty if the unit says enough. */
  label: string;
}

/** A rule of `diagnose/` that a scenario may use. */
export type DoubtName =
  | 'nothing-echoed'
  | 'losses'
  | 'stall'
  | 'disturbance'
  | 'send-lag'
  | 'schedule'
  | 'limit';

/** Declares what happens to connections in a run. All other code is generic over scenarios. Pure. */
export interface ScenarioDefinition {
  /** As in `--scenario`, and the name of its folder. */
  name: string;
  title: string;
  /** The question it answers. */
  question: string;
  /** In order; each variant goes through all of them. */
  steps: readonly StepDefinition[];
  options: Readonly<Record<string, ScenarioOption>>;
  /** Options of `run` that do not apply to it. */
  excluded: readonly string[];
  /** Length of warm-up and steady phase, unless the user says otherwise. */
  lengths(step: Step, options: ScenarioOptions): { warmupMs: number; durationMs: number } | null;
  /** Messages per second of a step with an open loop, unless the user says otherwise; null to choose it. */
  defaultRate: number | null;
  /** The actions on the topology during a step. */
  timeline(step: Step, options: ScenarioOptions): Timeline;
  /** Counters and times that its clients record, in addition to those of every run. */
  recorded: RecordedNames;
  conservation: readonly Equation[];
  /** Phases from which a histogram is read; all phases if it is not listed. */
  phasesRead: Readonly<Record<string, readonly Phase[]>>;
  /** How many parts the connections are opened in. Memory is read after each. */
  openingStages: number;
  /** Whether HTTP requests precede the WebSockets, unless the user says otherwise. */
  hasHttpLeg: boolean;
  /** Whether runs can take turns in a comparison; otherwise its rounds alternate. */
  takesTurns: boolean;
  /** The largest message that an echo server has to accept, in bytes. */
  largestMessage(payload: Payload): number;
  /** Additional arguments for the echo servers. */
  serverArguments(options: ScenarioOptions): readonly string[];
  /** Metrics that not every run has. */
  metrics: readonly Metric[];
  compared: readonly ComparedName[];
  listed: readonly ListedName[];
  doubts: readonly DoubtName[];
}
