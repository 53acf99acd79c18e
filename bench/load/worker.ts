import { lookup } from 'node:dns/promises';
import { performance } from 'node:perf_hooks';
import { Recorder } from '../measure/recorder.ts';
import { encodeRecording } from '../measure/recording-bytes.ts';
import { inFlightOf } from '../model/load.ts';
import type { CarrierName } from '../model/plan.ts';
import { sliceUs } from '../model/turns.ts';
import type { OpenCarrier } from './carriers/carrier.ts';
import { carriersHere } from './carriers/engine.ts';
import { TlsSessions } from './carriers/tls-sessions.ts';
import { type Clock, clockSince } from './clock.ts';
import type { ConnectionContext, Connector } from './connections/connection.ts';
import { leanConnector } from './connections/lean-connection.ts';
import { triedServers } from './connections/route.ts';
import { makeLoopReader } from './loop-reader.ts';
import { type Ramp, startRamp } from './pacing/ramp.ts';
import { spinningWaker, threadWaker, type Waker } from './pacing/waker.ts';
import type { LoadPlan, WorkerCommand, WorkerPlan, WorkerReport } from './protocol.ts';
import type { MakeClient, ServerOfConnection } from './sessions/client.ts';
import type { Session } from './sessions/session.ts';
import { Sessions } from './sessions/sessions.ts';
import { sourceOf } from './source.ts';
import { FrameWriter } from './wire/frame-writer.ts';
import { Payload } from './wire/payload.ts';

/** Entry point of a generator worker, a separate process that receives its commands over IPC. */

const TICK_MS = 50;
/** Number of ticks over which a timeout check of all sessions is spread. */
const TICKS_A_ROUND = 10;
const CLOSE_MS = 3_000;

const report = (message: WorkerReport) => {
  if (process.connected) process.send?.(message);
};

/**
 * Creates the connector. Loads `ws` only if it is used, because the time to compile it would be charged to
 * the first connections.
 */
async function connectorOf(
  { client, carrier, workload }: LoadPlan,
  context: ConnectionContext,
): Promise<Connector> {
  if (client === 'ws') return (await import('./connections/ws-connection.ts')).wsConnector(context);
  const writer = new FrameWriter(context.payload, inFlightOf(workload.load));
  return leanConnector(context, writer, await carrierOf(carrier, context));
}

async function carrierOf(
  carrier: CarrierName,
  { target: { host, tls }, sessions }: ConnectionContext,
): Promise<OpenCarrier> {
  const carriers = await carriersHere(carrier);
  // The io_uring carrier does not resolve host names.
  if (tls === null) return carriers.tcp(carrier === 'io_uring' ? (await lookup(host)).address : host);
  return carriers.tls(host, {
    servername: tls.servername,
    alpn: ['http/1.1'],
    ca: tls.verifyWith ?? null,
    sessions: sessions ?? null,
  });
}

/**
 * Valid names of scenario folders. The name in a plan is checked, because a plan may come from another host.
 */
const FOLDER = /^[a-z-]+$/;

/**
 * Loads the client module from the folder of the scenario whose client is used, or from the user's scenario
 * file.
 */
async function clientOf({ behaviour: { client }, scenarioFile }: WorkerPlan): Promise<MakeClient<unknown>> {
  if (scenarioFile !== null) return (await import('./own-client.ts')).ownClient(scenarioFile);
  if (!FOLDER.test(client)) throw new TypeError('There is no such scenario.');
  const module = await import(new URL(`../scenarios/${client}/client.js`, import.meta.url).href);
  return module.makeClient;
}

async function run(plan: WorkerPlan): Promise<(command: WorkerCommand) => void> {
  const { id, runPlan, behaviour } = plan;
  const makeClient = await clientOf(plan);
  const clock = clockSince(BigInt(plan.epochNs));
  const makeWaker = await wakersOf(plan, clock);
  const gather = await gathererOf(plan);
  const payload = new Payload(runPlan.workload.payload, runPlan.seed);
  const recorder = new Recorder(
    id,
    behaviour.recorded,
    (recording) => report({ type: 'recording', base64: encodeRecording(recording).toString('base64') }),
    makeLoopReader(clock),
  );
  const { work, resumes, serverCloses } = behaviour;
  const connect = await connectorOf(runPlan, {
    clock,
    payload,
    target: plan.target,
    ...(resumes ? { sessions: new TlsSessions() } : {}),
    ...(serverCloses ? { serverCloses } : {}),
  });
  /** Number of connections in the plan, plus replacements opened by the client. */
  let { connections } = plan;
  const sessions = new Sessions(
    {
      clock,
      recorder,
      connect,
      connectTimeoutUs: runPlan.connectTimeoutMs * 1e3,
      onHandshakeOver: () => ramp.handshakeOver(),
    },
    (open) =>
      makeClient(
        {
          clock,
          payload,
          recorder,
          plan: runPlan,
          worker: id.index,
          connect: () => connectOne(plan, sessions, connections++),
          serverOf: (session) => serverOf(plan, session),
          callAt: (us, call) => callAt(clock, us, call),
          makeWaker,
          gather,
        },
        open,
      ),
  );
  const { client } = sessions;
  const rampUs = Math.max(0, Math.floor(clock()));
  let stage = 0;
  let handshakesOver = false;
  /** Opens the next batch of connections. */
  const openPart = (): Ramp => {
    const from = Math.floor((plan.connections * stage) / runPlan.openingStages);
    stage++;
    const connections = Math.floor((plan.connections * stage) / runPlan.openingStages) - from;
    return startRamp({
      clock,
      connections,
      perSecond: plan.rampPerSecond,
      pending: plan.pendingHandshakes,
      connect: (index) => connectOne(plan, sessions, from + index),
      onDone: () => {
        handshakesOver = true;
        reportConnected();
      },
    });
  };
  const reportConnected = () => {
    if (!handshakesOver || !client.isReady()) return;
    handshakesOver = false;
    const handshakes = { startUs: rampUs, endUs: Math.floor(clock()) + 1 };
    if (stage === runPlan.openingStages) {
      recorder.connected();
      // Collects garbage from the handshakes now rather than in the middle of the measurement.
      globalThis.gc?.();
    }
    report({ type: 'connected', ...handshakes, open: sessions.openConnections });
  };
  let ramp = openPart();

  let started = false;
  let deserted = false;
  let done = false;
  const finish = () => {
    if (done) return;
    done = true;
    clearInterval(ticker);
    ramp.stop();
    client.stop(clock());
    recorder.finish(clock());
    // If the handshakes are the work, no connections were opened beforehand.
    const asked = work === 'handshakes' ? connections : plan.connections;
    const { openings: opened, failures: failed, routes } = sessions;
    const totals = { ...recorder.totals, worker: id.index, asked, opened, failed };
    report({ type: 'done', totals, routes, recordings: recorder.recordings });
  };
  const ticker = setInterval(() => {
    sessions.tick(Math.ceil(sessions.size / TICKS_A_ROUND));
    const nowUs = clock();
    recorder.advance(nowUs);
    reportConnected();
    if (started && client.isDrained(nowUs)) finish();
    else if (started && !deserted && sessions.openConnections === 0 && !client.reconnects()) {
      deserted = true;
      report({ type: 'deserted' });
    }
  }, TICK_MS);

  return (command) => {
    if (command.type === 'connect-more') {
      if (!done) ramp = openPart();
    } else if (command.type === 'start') {
      started = true;
      recorder.schedule(command.times, sliceUs(runPlan.turns));
      client.start(command.times);
    } else if (command.type === 'cut') sessions.cutAll();
    else if (command.type === 'stall') client.stall?.();
    else if (command.type === 'resume') client.resume?.();
    else if (command.type === 'stop') finish();
    else if (command.type === 'leave') {
      finish();
      leave(sessions);
    }
  };
}

/** Opens connection `index` of this worker, with an ID that is unique across all workers. */
function connectOne(plan: WorkerPlan, sessions: Sessions<unknown>, index: number): void {
  const { target, runPlan, sourcePorts } = plan;
  const { ports } = target;
  const id = index * runPlan.workers + plan.id.index;
  sessions.connect(id, sourceOf(id, runPlan.sourceAddresses, sourcePorts), ports[index % ports.length] ?? 0);
}

function serverOf({ servers, target }: WorkerPlan, session: Session<unknown>): ServerOfConnection {
  const tried = triedServers(session.facts?.upstream ?? `${target.host}:${session.port}`);
  const address = tried.at(-1) ?? '';
  const index = servers.findIndex((addresses) => addresses.includes(address));
  return { index: index < 0 ? null : index, tried: tried.length };
}

/**
 * Returns the function that creates wakers for open loops. If the connections use io_uring, the ring's loop
 * also waits for the next message. The module of the ring is only loaded when needed, because it requires
 * Bun.
 */
async function wakersOf(plan: WorkerPlan, clock: Clock): Promise<(wake: () => void) => Waker> {
  const { pacing, turns } = plan.runPlan;
  const spins = pacing === 'spin';
  if (usesRing(plan)) {
    const { ringWaker } = await import('./pacing/ring-waker.ts');
    return (wake) => ringWaker(clock, wake, spins ? restsFromUs(turns) : 0);
  }
  if (spins) return (wake) => spinningWaker(clock, wake, restsFromUs(turns));
  return (wake) => threadWaker(BigInt(plan.epochNs), wake);
}

/** Returns the `gather` function of the ring's loop or, for other carriers, a function that does nothing. */
async function gathererOf(plan: WorkerPlan): Promise<(unanswered: number) => void> {
  if (!usesRing(plan)) return () => {};
  const { openRing } = await import('../../server/ring/open-ring.ts');
  return (unanswered) => openRing().gather(unanswered);
}

function usesRing({ runPlan: { client, carrier }, target }: WorkerPlan): boolean {
  return client === 'lean' && carrier === 'io_uring' && target.tls === null;
}

/**
 * Returns how far ahead, in µs, the next message must be for the waker to sleep. While another run has its
 * turn, the waker sleeps until the pause at the end of that turn. It then spins in preparation for this run's
 * turn.
 */
function restsFromUs(turns: LoadPlan['turns']): number {
  return turns === null ? Number.POSITIVE_INFINITY : turns.pauseMs * 1e3;
}

/**
 * Calls back at a given time. A timer counts from the start of the event loop iteration that sets it, so it
 * can fire early. In that case, the timer is set again.
 */
function callAt(clock: Clock, us: number, call: () => void): void {
  const waitMs = (us - clock()) / 1e3;
  if (waitMs > 0) setTimeout(() => callAt(clock, us, call), Math.ceil(waitMs));
  else call();
}

/** Closes all open connections properly, within a time limit, and exits. */
function leave(sessions: Sessions<unknown>): void {
  sessions.closeAll();
  const since = performance.now();
  const poll = setInterval(() => {
    if (sessions.openConnections > 0 && performance.now() - since < CLOSE_MS) return;
    clearInterval(poll);
    sessions.destroyAll();
    process.exit(0);
  }, 10);
}

let running: ReturnType<typeof run> | null = null;
process.on('message', (command: WorkerCommand) => {
  if (command.type === 'connect') running = run(command.plan);
  else if (running !== null) void running.then((handle) => handle(command));
  else if (command.type === 'leave') process.exit(0);
});
// Exit if the runner is gone.
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
report({ type: 'ready' });
