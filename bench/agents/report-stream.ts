import { DiscardPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { Problem } from '../model/failure.ts';
import { reasonOf } from '../model/system-error.ts';
import { readMessage } from './message.ts';
import {
  type AgentFacts,
  type Reported,
  reportedSchema,
  reportSubject,
  STREAM,
  STREAM_SUBJECTS,
} from './protocol.ts';

/**
 * Age at which unread reports are dropped. Reports that are still unread at this age belong to a runner that
 * was killed.
 */
const STREAM_AGE_MS = 3_600_000;
/** A message whose ID was already seen within this time is dropped as a repetition. */
const DUPLICATES_MS = 120_000;

/** The stream in which the agents' reports wait for the runner. */
export interface ReportStream {
  /**
   * Calls `hear` with each report of a run. Each agent's reports arrive in the order in which it sent them.
   * Returns a function that stops listening.
   */
  listen(
    run: string,
    agents: readonly Pick<AgentFacts, 'name'>[],
    hear: (agent: string, message: Reported) => void,
  ): Promise<() => void>;
  /** Removes the reports of a run. */
  purge(run: string): Promise<void>;
}

/** @throws Problem('environment') if the NATS server has no JetStream */
export async function openStream(connection: NatsConnection): Promise<ReportStream> {
  try {
    const manager = await jetstreamManager(connection);
    const config = {
      name: STREAM,
      subjects: [STREAM_SUBJECTS],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: nanos(STREAM_AGE_MS),
      duplicate_window: nanos(DUPLICATES_MS),
    };
    await manager.streams.info(STREAM).catch(() => manager.streams.add(config));
    const client = jetstream(connection);
    return {
      async listen(run, agents, hear) {
        const names = new Map(agents.map(({ name }) => [reportSubject(run, name), name]));
        const consumer = await client.consumers.get(STREAM, { filter_subjects: reportSubject(run, '*') });
        const messages = await consumer.consume({
          callback(message) {
            const agent = names.get(message.subject);
            const reported = readMessage(reportedSchema, message);
            if (agent !== undefined && reported !== null) hear(agent, reported);
          },
        });
        return () => messages.stop();
      },
      async purge(run) {
        await manager.streams.purge(STREAM, { filter: reportSubject(run, '*') }).catch(() => {});
      },
    };
  } catch (cause) {
    throw new Problem(
      'environment',
      `The NATS server has no JetStream: ${reasonOf(cause)}. Restart the server with JetStream: nats-server -js.`,
      { cause },
    );
  }
}
