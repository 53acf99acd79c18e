import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../load/clock.ts';
import { reasonOf } from '../model/system-error.ts';
import type { Action, DoneAction, Timeline } from '../model/timeline.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import type { EchoServer } from '../topology/servers.ts';
import type { RunningProxy } from '../topology/target.ts';

/** HTTP requests that can be sent alongside the WebSocket load. */
export interface HttpRequests {
  start(): Promise<void>;
  /** Stops sending. Resolves when the last response has arrived, or when responses no longer count. */
  stop(): Promise<void>;
}

/** The processes and clients on which the actions of a timeline act. */
export interface ActedOn {
  proxy: Pick<RunningProxy, 'reload' | 'upgrade' | 'processes'> | null;
  servers: readonly EchoServer[];
  processSet: Pick<ProcessSet, 'expectExit'>;
  /** Makes every client drop its connection, or makes the slow clients stop or resume reading. */
  tellClients(what: 'cut' | 'stall' | 'resume'): void;
  /** HTTP requests during the load; null if the plan has none. */
  http: HttpRequests | null;
}

/**
 * Carries out each action at its time on the run's clock, and records when it actually happened. Actions due
 * at the same time are carried out together. If an action fails, the reason is recorded and the next action
 * follows. Servers still stopped at the end are resumed.
 *
 * @param startUs start of the warm-up
 * @param record called after each action
 * @param over once aborted, no further action is carried out
 */
export async function carryOut(
  timeline: Timeline,
  startUs: number,
  clock: Clock,
  on: ActedOn,
  record: (done: DoneAction) => void,
  over: AbortSignal,
): Promise<void> {
  for (const atMs of new Set(timeline.map((due) => due.atMs))) {
    const waitMs = (startUs - clock()) / 1e3 + atMs;
    await sleep(Math.max(0, waitMs), undefined, { signal: over }).catch(() => {});
    if (over.aborted) break;
    const due = timeline.filter((each) => each.atMs === atMs);
    // All counters are read before the first kill, so that kills due at the same time happen at the same
    // time.
    await Promise.all(due.map(({ action }) => noteCounters(action, on)));
    const done = await Promise.all(due.map(({ action }) => carriedOut(action, clock, on, over)));
    for (const each of done) record(each);
  }
  for (const server of on.servers) signalOrNot(server, 'SIGCONT');
}

/** Saves the counters of a server that is about to be killed. */
async function noteCounters(action: Action, { servers }: ActedOn): Promise<void> {
  if (action.kind === 'kill-server') await servers[action.server]?.noteCounters();
}

async function carriedOut(action: Action, clock: Clock, on: ActedOn, over: AbortSignal): Promise<DoneAction> {
  let failure: string | null = null;
  try {
    await act(action, on, over);
  } catch (error) {
    failure = reasonOf(error);
  }
  return { action, atUs: Math.round(clock()), failure };
}

const TO_CLIENTS = { 'cut-clients': 'cut', 'stall-clients': 'stall', 'resume-clients': 'resume' } as const;

async function act(
  action: Action,
  { proxy, servers, processSet, tellClients, http }: ActedOn,
  over: AbortSignal,
): Promise<void> {
  if (action.kind === 'cut-clients' || action.kind === 'stall-clients' || action.kind === 'resume-clients') {
    tellClients(TO_CLIENTS[action.kind]);
    return;
  }
  if (action.kind === 'start-http' || action.kind === 'stop-http') {
    if (http === null) throw new Error('no HTTP requests are planned');
    await (action.kind === 'start-http' ? http.start() : http.stop());
    return;
  }
  if (!('server' in action)) {
    if (proxy === null) throw new Error('there is no proxy');
    if (action.kind === 'reload') proxy.reload();
    else if (action.kind === 'upgrade') await proxy.upgrade(over);
    else await killWorkers(proxy);
    return;
  }
  const server = servers[action.server];
  if (server === undefined) throw new Error(`there is no echo server ${action.server + 1}`);
  if (action.kind === 'kill-server') {
    processSet.expectExit(server.launched);
    server.kill();
    return;
  }
  if (action.kind === 'start-server') {
    await server.start();
    return;
  }
  const signal = action.kind === 'stop-server' ? 'SIGSTOP' : 'SIGCONT';
  if (!signalOrNot(server, signal)) throw new Error(`${server.launched.name} has exited`);
}

async function killWorkers({ processes }: Pick<RunningProxy, 'processes'>): Promise<void> {
  for (const { role, pid } of await processes()) if (role === 'worker') process.kill(pid, 'SIGKILL');
}

/**
 * Sends a signal to a server.
 *
 * @returns whether the process still exists to receive the signal
 */
function signalOrNot({ launched }: EchoServer, signal: NodeJS.Signals): boolean {
  return (
    launched.child.exitCode === null && launched.child.signalCode === null && launched.child.kill(signal)
  );
}
