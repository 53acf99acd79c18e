import { type PlannedStep, planRequest } from '../plan/plan.ts';
import type { Side } from '../plan/variants.ts';
import type { RunRequest } from '../request/run.ts';
import type { UpRequest } from '../request/up.ts';
import { standingLines } from '../up/standing.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { type FitNeed, fitRequest } from './fit.ts';
import type { LibraryNeed, Services } from './services.ts';

/** Keeps a topology running until the user interrupts it, which is how the command normally ends. */
export async function up(
  { run, reply, log, host, port }: UpRequest,
  {
    terminal,
    services,
    interruption: { signal, urgent },
  }: StoppableContext<LibraryNeed | FitNeed | 'readMachine' | 'now' | 'keepUp'>,
): Promise<ExitCode> {
  const { sides, proxies } = await fitRequest(run, { say: terminal.say, signal }, services);
  const [side] = sides;
  if (side === undefined) throw new TypeError('there is no variant to run');
  const { variant, profile } = side;
  const { plan, notices } = await planOf(run, side, services);
  if (plan.server === null || plan.server === 'own') throw new TypeError('the topology has no echo server');
  for (const { level, text } of notices) if (level === 'warning') terminal.say(text);
  await services.keepUp({
    name: variant.name,
    title: profile.title,
    plan: { ...plan, server: plan.server },
    proxy: proxies.get(variant.name) ?? null,
    reply,
    log: log ? terminal.print : null,
    host,
    port,
    say: terminal.say,
    signal,
    urgent,
    onUp(standing) {
      for (const { text } of standing.target.proxy?.notices ?? []) terminal.say(text);
      terminal.print(standingLines(standing).join('\n'));
    },
  });
  return EXIT.done;
}

/** Plans the same topology as for a run, but without a load of its own. */
async function planOf(
  run: RunRequest,
  side: Side,
  services: Pick<Services, 'readMachine' | 'now'>,
): Promise<PlannedStep> {
  const machine = await services.readMachine();
  const context = { command: [], now: services.now(), seed: 0, machine };
  // Nothing is known about the load, so the servers use sockets, not a carrier that suits only one kind of
  // load.
  const { plan, planStep } = planRequest({ ...run, carrier: 'sockets' }, [side], context);
  return planStep({ variant: side.variant.name, step: plan.steps[0] ?? '' });
}
