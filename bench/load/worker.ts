import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { type LoopReader, Recorder } from '../measure/recorder.ts';
import type { Target } from '../model/target.ts';
import type { OpenCarrier } from './carriers/carrier.ts';
import { nodeTcp, nodeTls } from './carriers/node.ts';
import { clockSince } from './clock.ts';
import type { ConnectionContext, Connector } from './connections/connection.ts';
import { leanConnector } from './connections/lean-connection.ts';
import { startRamp } from './pacing/ramp.ts';
import { spinningWaker, threadWaker } from './pacing/waker.ts';
import type { WorkerCommand, WorkerPlan, WorkerReport } from './protocol.ts';
import { Echo } from './scenarios/echo.ts';
import { sourceOf } from './source.ts';
import { FrameWriter } from './wire/frame-writer.ts';
import { Payload } from './wire/payload.ts';

/** Entry point of a generator worker: a process of its own that is told what to do over IPC. */

const TICK_MS = 50;
/** Every session is looked at for timeouts once in this many ticks. */
const TICKS_A_ROUND = 10;
const LOOP_RESOLUTION_MS = 20;
const CLOSE_MS = 3_000;

const report = (message: WorkerReport) => {
  if (process.connected) process.send?.(message);
};

function makeLoopReader(): LoopReader {
  let before = performance.eventLoopUtilization();
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  delay.enable();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    // The histogram counts from tick to tick: what is over the resolution is delay.
    const delayMaxUs = delay.count === 0 ? 0 : Math.max(0, delay.max / 1e3 - LOOP_RESOLUTION_MS * 1e3);
    delay.reset();
    return { utilisation: Math.min(1, Math.max(0, utilization)), delayMaxUs: Math.round(delayMaxUs) };
  };
}

/** `ws` is loaded by those who use it: what loading it compiles would be charged to the first connections. */
async function connectorOf({ client, workload }: WorkerPlan, context: ConnectionContext): Promise<Connector> {
  if (client === 'ws') return (await import('./connections/ws-connection.ts')).wsConnector(context);
  const batch = workload.load.kind === 'closed' ? workload.load.inFlight : 1;
  return leanConnector(context, new FrameWriter(context.payload, batch), carrierOf(context.target));
}

function carrierOf({ host, tls }: Target): OpenCarrier {
  if (tls === null) return nodeTcp(host);
  return nodeTls(host, { servername: tls.servername, alpn: ['http/1.1'], ca: null, session: null });
}

async function run(plan: WorkerPlan): Promise<(command: WorkerCommand) => void> {
  const epochNs = BigInt(plan.epochNs);
  const clock = clockSince(epochNs);
  const payload = new Payload(plan.workload.payload, plan.seed);
  const recorder = new Recorder(
    plan.worker,
    (recording) => report({ type: 'recording', recording }),
    makeLoopReader(),
  );
  const context = { clock, payload, target: plan.target };
  const echo = new Echo({
    clock,
    payload,
    recorder,
    load: plan.workload.load,
    echoTimeoutUs: plan.echoTimeoutMs * 1e3,
    connectTimeoutUs: plan.connectTimeoutMs * 1e3,
    worker: plan.worker,
    workers: plan.workers,
    seed: plan.seed,
    makeWaker: (wake) => (plan.pacing === 'spin' ? spinningWaker(clock, wake) : threadWaker(epochNs, wake)),
    connect: await connectorOf(plan, context),
    onHandshakeOver: () => ramp.handshakeOver(),
  });
  const ramp = startRamp({
    clock,
    connections: plan.connections,
    perSecond: plan.rampPerSecond,
    pending: plan.pendingHandshakes,
    connect: (index) => connect(plan, echo, index),
    onDone: () => {
      // What the handshakes left is collected now, not in the middle of the measurement.
      globalThis.gc?.();
      report({ type: 'connected' });
    },
  });

  let done = false;
  const finish = () => {
    if (done) return;
    done = true;
    clearInterval(ticker);
    ramp.stop();
    echo.stop();
    report({ type: 'done', totals: finishRecording(), routes: echo.routes });
  };
  const finishRecording = () => {
    recorder.finish(clock());
    return {
      worker: plan.worker,
      asked: plan.connections,
      opened: echo.openings,
      failed: echo.failures,
      ...recorder.totals,
    };
  };
  const ticker = setInterval(() => {
    echo.checkTimeouts(Math.ceil(echo.sessions / TICKS_A_ROUND));
    const nowUs = clock();
    recorder.advance(nowUs);
    if (echo.isDrained(nowUs)) finish();
  }, TICK_MS);

  return (command) => {
    if (command.type === 'start') {
      echo.start(command.times);
      // Timers count from the beginning of the turn that sets them, and may so be early: a message that may
      // not be sent yet would never be.
      const fill = () => {
        const waitMs = (command.times.warmUpUs - clock()) / 1e3;
        if (waitMs > 0) setTimeout(fill, Math.ceil(waitMs));
        else echo.fillAll();
      };
      fill();
    } else if (command.type === 'stop') finish();
    else if (command.type === 'leave') {
      finish();
      leave(echo);
    }
  };
}

/** Connection `index` of this worker; its number is told apart from those of the other workers. */
function connect(plan: WorkerPlan, echo: Echo, index: number): void {
  const { target, worker, workers } = plan;
  const { ports } = target;
  const id = index * workers + worker;
  echo.connect(id, sourceOf(id, plan), ports[index % ports.length] ?? 0);
}

/** Closes properly what is open, for a bounded time, and exits. */
function leave(echo: Echo): void {
  echo.closeAll();
  const since = performance.now();
  const poll = setInterval(() => {
    if (echo.openConnections > 0 && performance.now() - since < CLOSE_MS) return;
    clearInterval(poll);
    echo.destroyAll();
    process.exit(0);
  }, 10);
}

let running: ReturnType<typeof run> | null = null;
process.on('message', (command: WorkerCommand) => {
  if (command.type === 'connect') running = run(command.plan);
  else if (running !== null) void running.then((handle) => handle(command));
  else if (command.type === 'leave') process.exit(0);
});
// The runner is gone: so are we.
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
report({ type: 'ready' });
