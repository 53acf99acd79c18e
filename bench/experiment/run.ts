import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { join } from 'node:path';
import { diagnose, UNJUDGED } from '../diagnose/diagnose.ts';
import { probeEcho } from '../load/echo-probe.ts';
import { PLAIN_PROBE, probeTls } from '../load/probe.ts';
import { Problem } from '../model/failure.ts';
import type { OtherHosts } from '../model/other-hosts.ts';
import type { RunPlan } from '../model/plan.ts';
import { PROXY } from '../model/proxy.ts';
import type { Probe, Run } from '../model/run.ts';
import { reasonOf } from '../model/system-error.ts';
import { givenSecrets, maskerOf } from '../nginx/secrets.ts';
import type { Sampler } from '../observe/sampler.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import { affinityNotices, keepTo } from '../topology/affinity.ts';
import { makeCertificate } from '../topology/certificate.ts';
import { externalTarget } from '../topology/external.ts';
import { LOOPBACK, portsOutside } from '../topology/ports.ts';
import { isPrivateFolder } from '../topology/private-folder.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import { createScope } from '../topology/scope.ts';
import { type ReachableServer, type ServersOptions, startServers } from '../topology/servers.ts';
import { directTarget, type StartedTarget } from '../topology/target.ts';
import { lostFolder, withPrivateFolder } from '../topology/workplace.ts';
import type { RunContext } from './context.ts';
import { driveLoad, type LoadOutcome } from './drive.ts';
import { runHttpLeg } from './http.ts';
import { fullDisk } from './kernel.ts';
import { processOf } from './processes.ts';

/**
 * Executes one run: starts the topology, makes the generator load it while the sampler observes it, always
 * shuts it down again, and judges the measurements.
 *
 * @throws Problem if the topology cannot be started; the signal's reason if aborted before the load. Anything
 * that ends the run later becomes its outcome.
 */
export async function executeRun(context: RunContext): Promise<Run> {
  const { warden, urgent } = context;
  const scope = createScope();
  scope.add('placement of the runner', await keepTo(context.plan.placement?.runner ?? null));
  return withPrivateFolder(scope, warden, urgent, async ({ folder, processSet }) => {
    try {
      return diagnose(await measure(context, processSet, folder), context.cpus);
    } finally {
      await context.emit({ type: 'phase', phase: 'tear-down' });
    }
  });
}

async function measure(context: RunContext, processSet: ProcessSet, folder: string): Promise<Run> {
  const { plan, profile, signal } = context;
  const scenario = scenarioNamed(plan.workload.scenario);
  await context.emit({ type: 'phase', phase: 'set-up' });
  const startedAt = new Date().toISOString();
  let sampler: Sampler | null = null;
  const certificate = profile.upstreamTls ? await makeCertificate(join(folder, 'upstream')) : null;
  const elsewhere: OtherHosts[] = [];
  const placed = await startElsewhere(context, elsewhere);
  const own =
    plan.server === null || placed !== null
      ? []
      : await startServers({
          count: plan.servers,
          ports: needsPorts(plan) ? await portsOutside(context.portRange, LOOPBACK, plan.servers) : [],
          kind: kindOf(plan.server, context),
          ...{ engine: plan.engine, carrier: plan.carrier },
          cpus: plan.placement?.server ?? null,
          args: [
            ...(context.serverArguments ?? []),
            ...scenario.serverArguments(plan.workload.options),
            ...handicapArguments(context.variant),
          ],
          maxPayloadBytes: scenario.largestMessage(plan.workload.payload),
          socketFolder: folder,
          certificate,
          onLaunch(launched) {
            processSet.adopt(launched);
            sampler?.watch([processOf('server', launched)]);
          },
          onLoop: (pid, loop) => sampler?.noteLoop(pid, loop),
        });
  signal.throwIfAborted();
  const servers = placed ?? own;
  const target = await enter(context, servers, folder, processSet, elsewhere);
  signal.throwIfAborted();
  const probe = await probeTarget(target, signal);
  if (plan.server === 'own' && echoes(plan)) await probeEcho(target, plan.workload.payload, signal);
  signal.throwIfAborted();
  const http = await runHttpLeg(context, target, servers, processSet);
  if (profile.visit !== null) await visit(target, profile.visit, signal);
  const { proxy, notices: ofTarget = [] } = target;
  const affinity = affinityNotices(plan.placement);
  const runOf = ({ alpn, ...driven }: LoadOutcome, errorLog: string[]): Run => ({
    plan,
    startedAt,
    ...driven,
    probe: probe === null ? null : { ...probe, alpn },
    http,
    proxy: proxy === null ? null : { ...proxy.facts, errorLog },
    notices: [...context.notices, ...ofTarget, ...affinity, ...(proxy?.notices ?? []), ...driven.notices],
    validity: UNJUDGED,
  });
  const driven = await driveLoad(
    context,
    target,
    { servers, own, elsewhere },
    processSet,
    (started) => {
      sampler = started;
    },
    (soFar) => context.saveSoFar(runOf(soFar, [])),
  );
  // If the run's folder was removed, no log can show whether a worker exited.
  const isLost = !isPrivateFolder(folder);
  if (isLost && driven.outcome.state === 'completed')
    driven.outcome = { state: 'failed', reason: lostFolder(folder) };
  const notices = [...driven.notices, ...(isLost ? [] : fullDisk(await statfs(folder)))];
  const errorLog = (await proxy?.readErrorLog()) ?? [];
  const failing = proxy?.explain(driven.slices) ?? [];
  return runOf({ ...driven, notices: [...notices, ...failing] }, errorLog);
}

/**
 * Whether the servers need ports that are known in advance and that no other process takes while a server is
 * down.
 */
function needsPorts({ server, timeline }: RunPlan): boolean {
  return server === 'own' || timeline.some(({ action }) => action.kind === 'start-server');
}

/** Starts the echo servers on other hosts if agents run them; otherwise returns null. */
async function startElsewhere(
  { plan, places }: RunContext,
  elsewhere: OtherHosts[],
): Promise<ReachableServer[] | null> {
  if (places?.startServers === undefined || plan.server === null || plan.server === 'own') return null;
  const { serverArguments, largestMessage } = scenarioNamed(plan.workload.scenario);
  const started = await places.startServers({
    count: plan.servers,
    kind: plan.server,
    engine: plan.engine,
    args: serverArguments(plan.workload.options),
    maxPayloadBytes: largestMessage(plan.workload.payload),
  });
  elsewhere.push(started);
  return started.servers;
}

function kindOf(
  server: NonNullable<RunPlan['server']>,
  { plan: { backend }, profile: { options }, signal }: RunContext,
): ServersOptions['kind'] {
  if (server !== 'own') return server;
  if (backend === null) throw new TypeError('there is no command for the server');
  return { command: backend, mask: maskerOf(options === null ? [] : givenSecrets(options)), signal };
}

/** Whether the clients of a run send messages that must be echoed. */
function echoes({ workload: { scenario, options } }: RunPlan): boolean {
  const { conservation, work, declared } = scenarioNamed(scenario);
  // A user's scenario sends its own messages, which need not be echoed.
  if (declared !== undefined) return false;
  const counts = conservation.some(({ parts }) => parts.includes('echoed'));
  return counts && (work !== 'handshakes' || options.echo === 'on');
}

/** The handicap as command-line options of the echo server. */
function handicapArguments({ handicap }: RunContext['variant']): string[] {
  if (handicap === undefined) return [];
  return ['--delay', String(handicap.delayMs), '--burn', String(handicap.burnUs)];
}

async function enter(
  { plan, profile, variant, proxy, places }: RunContext,
  servers: readonly ReachableServer[],
  folder: string,
  processSet: ProcessSet,
  elsewhere: OtherHosts[],
): Promise<StartedTarget> {
  if (plan.target.kind === 'external') return externalTarget(plan.target, profile.options);
  if (plan.proxy === null) return directTarget(servers);
  if (places?.startProxy !== undefined && variant.proxy !== null) {
    const { kind, tunings } = variant.proxy;
    const started = await places.startProxy({
      ...{ kind, profile: profile.name, tunings, proxy: plan.proxy, upstreams: servers },
    });
    elsewhere.push(started);
    return started.target;
  }
  if (proxy === null) throw new TypeError(`there is no proxy for ${plan.variant}`);
  const { binary, prepared, upgradeTo } = proxy;
  return prepared.start({ ...plan, proxy: plan.proxy }, binary, servers, folder, processSet, {
    upgradeTo: plan.timeline.some(({ action }) => action.kind === 'upgrade') ? upgradeTo : null,
    ...(plan.listen === undefined ? {} : { host: plan.listen }),
  });
}

async function probeTarget(
  { host, ports, tls, proxy }: StartedTarget,
  signal: AbortSignal,
): Promise<Probe | null> {
  const [port] = ports;
  if (port === undefined) return null;
  if (tls === null) return proxy === null ? null : PLAIN_PROBE;
  return probeTls({ host, port, ...tls }, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    const why = reasonOf(cause);
    const message =
      proxy === null
        ? `The TLS handshake with the target failed: ${why}. If its certificate is not signed by a known authority, name the authority's certificate with --ca, or use --insecure.`
        : `${PROXY} does not answer as a TLS listener should: ${why}. Look at the TLS lines of its configuration.`;
    throw new Problem('environment', message, { cause });
  });
}

/**
 * Requests a path once, without an upgrade, as a monitor or a browser would. Any response is accepted.
 *
 * @throws Problem('environment') if there is no response; the signal's reason if aborted
 */
async function visit(
  { host, ports, tls, request: asked }: Pick<StartedTarget, 'host' | 'ports' | 'tls' | 'request'>,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const headers = asked === undefined ? {} : { host: asked.host };
  const options = { host, port: ports[0], path, headers, agent: false, signal };
  const request = tls === null ? getHttp(options) : getHttps({ ...options, ...tls });
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
  } catch (cause) {
    signal.throwIfAborted();
    throw new Problem('environment', `${PROXY} does not answer a GET of ${path}: ${reasonOf(cause)}.`, {
      cause,
    });
  }
}
