import { Problem } from '../model/failure.ts';
import type { EngineName } from '../model/plan.ts';
import { type Launched, launchNode, launchOn } from './process.ts';
import type { ProcessSet } from './process-set.ts';

const ENTRY = new URL('../load/worker.js', import.meta.url);
const HTTP_ENTRY = new URL('../load/http/http-worker.js', import.meta.url);

/**
 * The channel between the runner and a child process. `Command` and `Report` are the types of its messages.
 */
export interface Channel<Command, Report> {
  readonly launched: Launched;
  send(command: Command): void;
  onReport(listen: (report: Report) => void): void;
}

/**
 * Node options of a generator worker. The lean client creates almost no garbage, so 1 MiB is enough for each
 * of the two halves of the young generation; by default, V8 would keep up to 16 MiB resident for each half.
 * `--expose-gc` lets us collect the garbage of the handshakes before the first message instead of during the
 * measurement. `--no-parallel-scavenge`: on a single CPU, the garbage collector's helper threads could only
 * take time from the thread that waits for them. The `ws` client runs with Node's defaults.
 */
function nodeArguments(client: 'lean' | 'ws', cpus: readonly number[] | null): string[] {
  if (client === 'ws') return ['--expose-gc'];
  const lean = ['--expose-gc', '--max-semi-space-size=1'];
  return cpus?.length === 1 ? [...lean, '--no-parallel-scavenge'] : lean;
}

/**
 * Starts generator workers. Resolves when each worker has sent its first message to this process.
 *
 * @param numbers numbers of the workers within the run, from 1; one worker is started for each
 * @param engine engine of the lean client
 */
export async function startGenerators<Command, Report>(
  processSet: ProcessSet,
  numbers: readonly number[],
  client: 'lean' | 'ws',
  engine: EngineName,
  cpus: readonly number[] | null,
): Promise<Channel<Command, Report>[]> {
  const generators = numbers.map((number) =>
    launchOn(client === 'lean' ? engine : 'node', ENTRY, {
      name: `generator ${number}`,
      component: 'generator',
      args: [],
      nodeArguments: nodeArguments(client, cpus),
      cpus,
      ipc: true,
    }),
  );
  for (const generator of generators) processSet.adopt(generator);
  await Promise.all(generators.map(firstWord));
  return generators.map((launched) => channelOf<Command, Report>(launched));
}

/** Starts the process that sends the ordinary HTTP requests of a run. */
export function startHttpWorker<Command, Report>(
  processSet: ProcessSet,
  cpus: readonly number[] | null,
): Channel<Command, Report> {
  const launched = launchNode(HTTP_ENTRY, {
    name: 'HTTP generator',
    component: 'generator',
    args: [],
    cpus,
    ipc: true,
  });
  processSet.adopt(launched);
  return channelOf(launched);
}

function channelOf<Command, Report>(launched: Launched): Channel<Command, Report> {
  const { child } = launched;
  return {
    launched,
    send(command) {
      if (child.connected) child.send(command as object, () => {});
    },
    onReport(listen) {
      child.on('message', (message) => listen(message as Report));
    },
  };
}

async function firstWord(launched: Launched): Promise<void> {
  const spoke = new Promise<true>((resolve) => launched.child.once('message', () => resolve(true)));
  const ready = await Promise.race([spoke, launched.exited.then(() => false)]);
  if (ready) return;
  const words = launched.stderrTail().trim();
  throw new Problem('environment', `${launched.name} did not start${words === '' ? '.' : `: ${words}`}`);
}
