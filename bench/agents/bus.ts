import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { openStream, type ReportStream } from './report-stream.ts';

/** The functions of a NATS connection that the runner and the agents use. */
export interface Bus
  extends Pick<NatsConnection, 'publish' | 'subscribe' | 'request' | 'isClosed' | 'drain' | 'close'> {
  /**
   * Stores a report in the stream, unless the stream already has one with the same ID. Rejects if the stream
   * does not acknowledge the report.
   */
  store(subject: string, report: string, id: string): Promise<void>;
  /** @throws Problem('environment') if the NATS server has no JetStream */
  openStream(): Promise<ReportStream>;
}

export function natsBus(connection: NatsConnection): Bus {
  const stream = jetstream(connection);
  return {
    publish: (...message) => connection.publish(...message),
    subscribe: (...subscription) => connection.subscribe(...subscription),
    request: (...request) => connection.request(...request),
    isClosed: () => connection.isClosed(),
    // A broken connection cannot be drained, so it is closed instead.
    drain: () => connection.drain().catch(() => connection.close()),
    close: () => connection.close(),
    async store(subject, report, msgID) {
      await stream.publish(subject, report, { msgID });
    },
    openStream: () => openStream(connection),
  };
}
