import { performance } from 'node:perf_hooks';
import { Recorder } from '../measure/recorder.ts';
import { encodeRecording } from '../measure/recording-bytes.ts';
import type { Target } from '../model/target.ts';
import type { OpenCarrier } from './carriers/carrier.ts';
import { carriersHere } from './carriers/engine.ts';
import { type Clock, clockSince } from './clock.ts';
import type { ConnectionContext, Connector } from './connections/connection.ts';
import { leanConnector } from './connections/lean-connection.ts';
import { makeLoopReader } from './loop-reader.ts';
import { startRamp } from './pacing/ramp.ts';
import { spinningWaker, threadWaker } from './pacing/waker.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from './protocol.ts';
import { makeEcho } from './scenarios/echo.ts';
import type { Exchange } from './scenarios/exchange.ts';
import { Sessions } from './scenarios/sessions.ts';
import { sourceOf } from './source.ts';
import { FrameWriter } from './wire/frame-writer.ts';
import { Payload } from './wire/payload.ts';

/** Entry point of a generator worker, a separate process that receives its commands over IPC. */

const TICK_MS = 50;
/** Every session is checked for timeouts once in this many ticks. */
const TICKS_A_ROUND = 10;
const CLOSE_MS = 3_000;

const report = (message: WorkerReport) => {
  if (process.connected) process.send?.(message);
};

/** Loads `ws` only if it is used: otherwise compiling it would be charged to the first connections. */
async function connectorOf({ client, workload }: WorkerPlan, context: ConnectionContext): Promise<Connector> {
  if (client === 'ws') return (await import('./connections/ws-connection.ts')).wsConnector(context);
  const batch = workload.load.kind === 'closed' ? workload.load.inFlight : 1;
  return leanConnector(context, new FrameWriter(context.payload, batch), await carrierOf(context.target));
}

async function carrierOf({ host, tls }: Target): Promise<OpenCarrier> {
  const carriers = await carriersHere();
  if (tls === null) return carriers.tcp(host);
  return carriers.tls(host, { servername: tls.servername, alpn: ['http/1.1'], ca: null, session: null });
}

async function run(plan: WorkerPlan): Promise<(command: WorkerCommand) => void> {
  const epochNs = BigInt(plan.epochNs);
  const clock = clockSince(epochNs);
  const payload = new Payload(plan.workload.payload, plan.seed);
  const recorder = new Recorder(
    plan,
    (recording) => report({ type: 'recording', base64: encodeRecording(recording).toString('base64') }),
    makeLoopReader(clock),
  );
  const connect = await connectorOf(plan, { clock, payload, target: plan.target });
  const { load } = plan.workload;
  const sessions = new Sessions<Exchange>(
    {
      clock,
      recorder,
      connect,
      connectTimeoutUs: plan.connectTimeoutMs * 1e3,
      onHandshakeOver: () => ramp.handshakeOver(),
    },
    (open) =>
      makeEcho(
        {
          clock,
          payload,
          recorder,
          load,
          echoTimeoutUs: plan.echoTimeoutMs * 1e3,
          worker: plan.worker,
          workers: plan.workers,
          seed: plan.seed,
          turns: plan.turns,
          callAt: (us, call) => callAt(clock, us, call),
          makeWaker: (wake) =>
            plan.pacing === 'spin'
              ? spinningWaker(clock, wake, restsFromUs(plan.turns))
              : threadWaker(epochNs, wake),
        },
        open,
      ),
  );
  const { scenario } = sessions;
  const rampUs = Math.max(0, Math.floor(clock()));
  const ramp = startRamp({
    clock,
    connections: plan.connections,
    perSecond: plan.rampPerSecond,
    pending: plan.pendingHandshakes,
    connect: (index) => connectOne(plan, sessions, index),
    onDone: () => {
      const handshakes = { startUs: rampUs, endUs: Math.floor(clock()) + 1 };
      recorder.connected();
      // Collects the garbage of the handshakes now rather than in the middle of the measurement.
      globalThis.gc?.();
      report({ type: 'connected', ...handshakes });
    },
  });

  let started = false;
  let deserted = false;
  let done = false;
  const finish = () => {
    if (done) return;
    done = true;
    clearInterval(ticker);
    ramp.stop();
    scenario.stop(clock());
    recorder.finish(clock());
    const { worker, connections: asked } = plan;
    const { openings: opened, failures: failed, routes } = sessions;
    const totals = { worker, asked, opened, failed, ...recorder.totals };
    report({ type: 'done', totals, routes, recordings: recorder.recordings });
  };
  const ticker = setInterval(() => {
    sessions.tick(Math.ceil(sessions.size / TICKS_A_ROUND));
    const nowUs = clock();
    recorder.advance(nowUs);
    if (started && scenario.isDrained(nowUs)) finish();
    else if (started && !deserted && sessions.openConnections === 0) {
      deserted = true;
      report({ type: 'deserted' });
    }
  }, TICK_MS);

  return (command) => {
    if (command.type === 'start') {
      started = true;
      recorder.schedule(command.times);
      scenario.start(command.times);
    } else if (command.type === 'stop') finish();
    else if (command.type === 'leave') {
      finish();
      leave(sessions);
    }
  };
}

/** Opens connection `index` of this worker, under a number that is unique among all workers. */
function connectOne(plan: WorkerPlan, sessions: Sessions<Exchange>, index: number): void {
  const { target, worker, workers } = plan;
  const { ports } = target;
  const id = index * workers + worker;
  sessions.connect(id, sourceOf(id, plan), ports[index % ports.length] ?? 0);
}

/** Rests until the pause at the end of another run's turn, then begins to spin for its own. */
function restsFromUs(turns: WorkerPlan['turns']): number {
  return turns === null ? Number.POSITIVE_INFINITY : turns.pauseMs * 1e3;
}

/**
 * Timers count from the start of the event loop turn that sets them, so they can fire early. Then they are set
 * again.
 */
function callAt(clock: Clock, us: number, call: () => void): void {
  const waitMs = (us - clock()) / 1e3;
  if (waitMs > 0) setTimeout(() => callAt(clock, us, call), Math.ceil(waitMs));
  else call();
}

/** Closes all open connections properly, within a limited time, and exits. */
function leave(sessions: Sessions<Exchange>): void {
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
// The runner is gone, so exit.
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
report({ type: 'ready' });
