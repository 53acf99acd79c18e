import { setTimeout as sleep } from 'node:timers/promises';
import type { Msg, MsgCallback, Payload, Subscription } from '@nats-io/transport-node';
import type { Bus } from './bus.ts';
import type { connectTo } from './connection.ts';
import { readMessage } from './message.ts';
import { reportedSchema, reportSubject } from './protocol.ts';

/** Simulates a NATS server for runner and agents within this process, with faults on demand. */
export interface Hub {
  connect: typeof connectTo;
  /** Cuts the connection with this name, as `connectTo` was given it. What it publishes meanwhile is sent afterwards. */
  cut(name: string): void;
  restore(name: string): void;
  /** How the stream delivers reports. Those of each agent stay in order. */
  delivery: { repeats: boolean; shuffles: boolean; delayMs: number };
}

interface Client {
  name: string;
  isCut: boolean;
  isClosed: boolean;
  held: (() => void)[];
  subscriptions: Set<{ subject: RegExp; callback: MsgCallback<Msg> }>;
}

/** How long a cut connection waits for an acknowledgement; the client library has a longer timeout. */
const STORE_MS = 50;
/** Reports are delivered in batches, so that there is an order to change. */
const BATCH_MS = 20;

export function makeHub(): Hub {
  const clients = new Set<Client>();
  const stored: { subject: string; report: string }[] = [];
  const ids = new Set<string>();
  const delivery = { repeats: false, shuffles: false, delayMs: 0 };
  let inboxes = 0;

  function publish(from: Client, subject: string, payload: Payload = '', reply = ''): void {
    if (from.isClosed) return;
    if (from.isCut) return void from.held.push(() => publish(from, subject, payload, reply));
    const data = Buffer.from(payload);
    for (const client of clients)
      for (const subscription of client.subscriptions) {
        if (!subscription.subject.test(subject)) continue;
        const message = {
          subject,
          data,
          json: () => JSON.parse(data.toString()),
          respond: (answer?: Payload) => reply !== '' && publish(client, reply, answer),
        };
        setImmediate(() => {
          const isHeard = !client.isCut && client.subscriptions.has(subscription);
          if (isHeard) void subscription.callback(null, message as unknown as Msg);
        });
      }
  }

  function subscribe(client: Client, subject: string, callback: MsgCallback<Msg>): Subscription {
    const pattern = subject.replaceAll('.', '\\.').replaceAll('*', '[^.]+');
    const subscription = { subject: new RegExp(`^${pattern}$`), callback };
    client.subscriptions.add(subscription);
    return { unsubscribe: () => client.subscriptions.delete(subscription) } as unknown as Subscription;
  }

  function request(client: Client, subject: string, payload?: Payload, timeout = 1000): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(new Error('timeout')), timeout);
      const inbox = `_INBOX.${inboxes++}`;
      const answers = subscribe(client, inbox, (_, message) => end(message));
      function end(outcome: Error | Msg): void {
        clearTimeout(timer);
        answers.unsubscribe();
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      }
      publish(client, subject, payload, inbox);
      const isServed = [...clients].some(({ subscriptions }) =>
        [...subscriptions].some((each) => each.subject.test(subject)),
      );
      if (!isServed) end(new Error('no responders'));
    });
  }

  /** Delivers what has been stored for a run since the last call. */
  async function listen(client: Client, isOver: () => boolean, subject: RegExp, hear: Hear): Promise<void> {
    let next = 0;
    while (!isOver() && !client.isClosed) {
      await sleep(BATCH_MS + delivery.delayMs, undefined, { ref: false });
      if (client.isCut) continue;
      const batch = stored.slice(next).filter((each) => subject.test(each.subject));
      next = stored.length;
      const repeated = delivery.repeats ? batch.flatMap((each) => [each, each]) : batch;
      for (const each of delivery.shuffles ? shuffled(repeated) : repeated) hear(each);
    }
  }

  return {
    delivery,
    async connect(_, name) {
      const client: Client = { name, isCut: false, isClosed: false, held: [], subscriptions: new Set() };
      clients.add(client);
      const close = async () => {
        client.isClosed = true;
        client.subscriptions.clear();
        clients.delete(client);
      };
      return {
        publish: (subject, payload, options) => publish(client, subject, payload, options?.reply),
        subscribe: (subject, options) => subscribe(client, subject, options?.callback ?? (() => {})),
        request: (subject, payload, options) => request(client, subject, payload, options?.timeout),
        isClosed: () => client.isClosed,
        drain: close,
        close,
        async store(subject, report, id) {
          if (client.isCut) {
            await sleep(STORE_MS);
            throw new Error('timeout');
          }
          if (ids.has(id)) return;
          ids.add(id);
          stored.push({ subject, report });
        },
        openStream: async () => ({
          async listen(run, agents, hear) {
            let isOver = false;
            const names = new Map(agents.map(({ name }) => [reportSubject(run, name), name]));
            void listen(
              client,
              () => isOver,
              new RegExp(reportSubject(run, '.+')),
              ({ subject, report }) => {
                const message = readMessage(reportedSchema, { json: <T>() => JSON.parse(report) as T });
                const agent = names.get(subject);
                if (agent !== undefined && message !== null && !isOver) hear(agent, message);
              },
            );
            return () => {
              isOver = true;
            };
          },
          async purge() {},
        }),
      } satisfies Bus;
    },
    cut(name) {
      for (const client of clients) if (client.name === name) client.isCut = true;
    },
    restore(name) {
      for (const client of clients) {
        if (client.name !== name) continue;
        client.isCut = false;
        for (const send of client.held.splice(0)) send();
      }
    },
  };
}

type Stored = { subject: string; report: string };
type Hear = (stored: Stored) => void;

/** Reorders messages, but keeps those of each subject in order. */
function shuffled(batch: readonly Stored[]): Stored[] {
  const bySubject = new Map<string, Stored[]>();
  for (const each of batch) bySubject.set(each.subject, [...(bySubject.get(each.subject) ?? []), each]);
  return [...bySubject.values()].reverse().flat();
}
