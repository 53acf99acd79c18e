import type { Metric } from '../metrics/metric.ts';
import type { Declaration } from '../model/declaration.ts';
import type { Load, Payload, Phase, ScenarioOptions } from '../model/load.ts';
import type { HttpPlan, Step } from '../model/plan.ts';
import type { RecordedNames } from '../model/recording.ts';
import type { Timeline } from '../model/timeline.ts';
import type { Work } from '../model/work.ts';

/** One step of a scenario: its load and the echo server that it uses by default. */
export interface StepDefinition {
  name: Step;
  /** Kind of load; null if the step sends no messages on a schedule or in a loop. */
  load: Load['kind'] | null;
  /** The default echo server. */
  server: 'lean' | 'ws';
}

/** An option of `run` that only certain scenarios support. Its value is part of the workload. */
export type ScenarioOption = {
  /** Placeholder for the value in `--help`, such as `TIME` or `client|server|none`; null for a switch. */
  value: string | null;
  help: string;
  /** Options of the same scenario that must not be given together with this one. */
  excludes?: readonly string[];
} & (
  | { kind: 'switch'; value: null; default: 'off' }
  | { kind: 'duration'; leastMs: number; default: number }
  | { kind: 'choice'; choices: readonly string[]; default: string }
  | { kind: 'count'; least: number; most: number; default: number }
  | {
      kind: 'text';
      pattern: RegExp;
      expected: string;
      default: string;
      /**
       * If set, the option's value may be omitted: `bare` is used instead, unless the next word matches
       * `optional`.
       */
      optional?: RegExp;
      bare?: string;
    }
);

/**
 * Two sums of counters and gauges that must be equal for every worker, such as `sent` = `echoed` +
 * `outstanding` + `lost`.
 */
export interface Equation {
  whole: string;
  parts: readonly string[];
  /** Parts that older runs did not record. In such runs, they count as 0. */
  added?: readonly string[];
}

/** A metric that is evaluated in comparisons, and the step to which it belongs. */
export interface ComparedName {
  name: string;
  step: Step;
  /** This metric's share of a comparison's 5 % false positive rate, in hundredths. */
  weight: number;
  /** Whether the metric is part of the variant's overall verdict. */
  headline: boolean;
}

/** A metric that is compared between a variant with a proxy and one without. */
export interface PricedName {
  name: string;
  step: Step;
}

/** A metric shown in lists of results. The first metric of each step is also shown on the step's badge. */
export interface ListedName {
  name: string;
  step: Step;
  /** Text before the value; empty if the unit is self-explanatory. */
  label: string;
}

/** The part of a request that a scenario checks. */
export interface AskedLoad {
  connections: number;
  payload: Payload;
  options: ScenarioOptions;
}

/** A rule in `diagnose/` that a scenario may use. */
export type DoubtName =
  /** No work was done: nothing was echoed or sent. In a scenario that measures handshakes: no connection was opened. */
  | 'nothing-echoed'
  | 'nothing-cut'
  | 'uneven-before'
  | 'losses'
  | 'deliveries'
  /** HTTP requests during the load failed, or were not answered. */
  | 'http-requests'
  | 'stall'
  /** The clocks of the hosts differ too much to measure times from one host to another. */
  | 'clock-error'
  | 'disturbance'
  | 'send-lag'
  | 'schedule'
  | 'limit';

/** Declares what connections do during a run; other code is independent of the scenario. All functions are pure. */
export interface ScenarioDefinition {
  /**
   * The scenario's name. For a built-in scenario, it is also the value of `--scenario` and the name of the
   * scenario's folder.
   */
  name: string;
  title: string;
  /** Name of another scenario whose `client.ts` is used; missing if this scenario has its own. */
  client?: string;
  question: string;
  /** The steps in order. Each variant runs all of them. */
  steps: readonly StepDefinition[];
  options: Readonly<Record<string, ScenarioOption>>;
  /** Options of `run` that the scenario does not support. */
  excluded: readonly string[];
  /** Why agents cannot generate the scenario's load, as a clause; missing if they can. */
  needsGeneratorHere?: string;
  /**
   * What throughput, CPU time and schedule refer to: messages echoed (the default) or handshakes. With
   * `handshakes`, no connections are opened before the load. The client opens them during the load, and the
   * plan's number of connections is the maximum that may exist at the same time.
   */
  work?: Work;
  /**
   * Deviations from the usual behaviour of connections. Usually, TLS sessions are not resumed, and the client
   * closes the connection.
   */
  connectionTraits?(options: ScenarioOptions): { resumes: boolean; serverCloses: boolean };
  /** Default durations of the warm-up and the steady phase. */
  lengths(step: Step, options: ScenarioOptions): { warmupMs: number; durationMs: number } | null;
  /** Defaults of --connections and --payload. */
  defaults: { connections: number; payload: string };
  /** Default message rate of an open-loop step, per second; null to derive it from measurements. */
  defaultRate(connections: number, options: ScenarioOptions): number | null;
  /**
   * Checks values that depend on each other.
   *
   * @returns what is wrong, and the remedy; null if the scenario can run with these values
   */
  problemOf(asked: AskedLoad): string | null;
  /**
   * The actions performed on the topology during a step.
   *
   * @param servers number of echo servers
   */
  timeline(step: Step, options: ScenarioOptions, servers: number): Timeline;
  /** The minimum and maximum number of echo servers; null for any number. */
  servers: { least: number; most: number } | null;
  /**
   * Counters, gauges and histograms that the scenario's clients record, in addition to those recorded in
   * every run.
   */
  recorded: RecordedNames;
  conservation: readonly Equation[];
  /** Phases from which each histogram is read; all phases for histograms that are not listed. */
  phasesRead: Readonly<Record<string, readonly Phase[]>>;
  /** Number of batches in which connections are opened. Memory is sampled after each batch. */
  openingStages: number;
  /** Whether socket queues and memory are sampled every second. */
  samplesQueues: boolean;
  /** Whether the HTTP leg precedes the WebSocket load by default. */
  hasHttpLeg: boolean;
  /**
   * Defines the HTTP requests of the HTTP leg and of the timeline; missing if the usual requests are sent. If
   * a scenario defines them, the leg cannot be skipped.
   */
  httpLoad?(options: ScenarioOptions): HttpPlan;
  /** Whether runs can be interleaved in a comparison. Otherwise they run one after another. */
  takesTurns: boolean;
  /** The largest message that an echo server must accept, in bytes. */
  largestMessage(payload: Payload): number;
  /** Additional command-line arguments for the echo servers. */
  serverArguments(options: ScenarioOptions): readonly string[];
  /** Metrics of this scenario, in addition to the metrics of every run. */
  metrics: readonly Metric[];
  compared: readonly ComparedName[];
  listed: readonly ListedName[];
  /**
   * Metrics that exist with and without a proxy and show the cost of the proxy; missing if there are none.
   */
  priced?: readonly PricedName[];
  doubts: readonly DoubtName[];
  /** What a user's scenario declares about its results; missing if the scenario is built in. */
  declared?: Declaration;
  /** Absolute path of the user's file that contains the client; missing if there is none. */
  file?: string;
  /** What a user's scenario adds to the handshakes of its connections. */
  handshake?: HandshakeExtras;
}

/** What a scenario adds to the handshakes of its connections. */
export interface HandshakeExtras {
  /** Subprotocols to offer, in order of preference; the server must choose one of them. */
  subprotocols?: readonly string[];
  /** Query to append to the path, without the question mark, such as `transport=websocket`. */
  query?: string;
}
