import type { Client, ClientContext, OpenSessions } from '../load/sessions/client.ts';
import type { DeclaredMetric, MetricSource } from '../model/declaration.ts';
import type { MetricUnit } from '../model/metric.ts';
import type { RecordedNames } from '../model/recording.ts';
import type { MakeConversation } from './conversation.ts';
import type {
  ComparedName,
  Equation,
  HandshakeExtras,
  ListedName,
  ScenarioDefinition,
  StepDefinition,
} from './definition.ts';

/** A metric of a user's scenario. It can be used in thresholds and comparisons. */
export interface OwnMetric {
  /**
   * Name of the metric. It begins with the scenario's name, such as `chat.join.p99` in the scenario `chat`.
   */
  name: string;
  /** Human-readable name, such as `time to join p99`. */
  title: string;
  /** The histogram or counter from which the metric is read. */
  of: MetricSource;
  /**
   * Unit of the metric. Default: `time` for a histogram, `rate` for a counter per second, otherwise `count`.
   */
  unit?: MetricUnit;
  /** Whether lower or higher values are better. Default: lower for a histogram, otherwise neither. */
  better?: DeclaredMetric['better'];
}

/** Members of the built-in scenarios' interface that a user's scenario may also have, with the same meaning. */
type Behaviour = Partial<
  Pick<
    ScenarioDefinition,
    | 'options'
    | 'lengths'
    | 'defaultRate'
    | 'problemOf'
    | 'timeline'
    | 'servers'
    | 'openingStages'
    | 'takesTurns'
    | 'largestMessage'
  >
>;

interface OwnDefinition extends Behaviour {
  /** Name in results, in lower case with hyphens. */
  name: string;
  title: string;
  /** The question that the scenario answers. */
  question: string;
  /**
   * The steps in order. A step with `load: 'open'` or `'closed'` sends messages in that kind of loop. A step
   * with `load: null` sends no messages by itself. A step's name is the scenario's name, or begins with it.
   * Default server: `lean`.
   */
  steps: readonly (Omit<StepDefinition, 'server'> & Partial<Pick<StepDefinition, 'server'>>)[];
  /**
   * Names of counters, gauges and histograms (in µs) that the client records, in addition to those recorded in every
   * run and those recorded for messages.
   */
  recorded?: Partial<RecordedNames>;
  /** Equations that must hold in every run, in addition to the equations for messages. */
  conservation?: readonly Omit<Equation, 'added'>[];
  phasesRead?: ScenarioDefinition['phasesRead'];
  metrics?: readonly OwnMetric[];
  /**
   * Metrics that are evaluated in comparisons. The weights add up to 100. Default: CPU per message, and
   * response time or throughput.
   */
  compared?: readonly ComparedName[];
  /**
   * Metrics shown in lists of results. Default: response times of an open loop, throughput of a closed loop,
   * or the first three metrics of a step without a load.
   */
  listed?: readonly ListedName[];
  /** Defaults of --connections and --payload. If no default payload is declared, --payload and --type do not apply. */
  defaults?: Partial<ScenarioDefinition['defaults']>;
  handshake?: HandshakeExtras;
  /** Functions that create report sections from a result's runs. The package's types define their parameters. */
  sections?: readonly ((view: never) => unknown)[];
}

/** The behaviour of a generator worker's connections. Omitted functions do nothing. */
export type OwnClient<State> = Partial<Client<State>> & Pick<Client<State>, 'message'>;

/** Creates the client of a generator worker. */
export type MakeOwnClient<State> = (
  context: ClientContext,
  sessions: OpenSessions<State>,
) => OwnClient<State>;

/** A user's scenario: its definition, and the behaviour of its connections. */
export type OwnScenario<State = unknown> = OwnDefinition &
  (
    | {
        /** Requests and their answers. The benchmark sends the requests, in a loop or on a schedule. */
        conversation: MakeConversation<State>;
        /**
         * If true, clients that lose their connection reconnect as specified by --reconnect and begin the
         * conversation again. Lost connections are then an outcome and not a fault. Default: false; clients do not
         * reconnect, and lost connections make the run suspect.
         */
        reconnects?: boolean;
        client?: never;
      }
    | {
        /** Full control over the connections, as in the built-in scenarios. */
        client: MakeOwnClient<State>;
        conversation?: never;
        reconnects?: never;
      }
  );
