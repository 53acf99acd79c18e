import { writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { printable } from '../model/printable.ts';
import * as ourselves from '../package.ts';
import { conversationClient } from '../scenarios/conversation.ts';
import { loadOwnScenario } from '../scenarios/load-own.ts';
import type { MakeOwnClient, OwnScenario } from '../scenarios/own-scenario.ts';
import { addScenario } from '../scenarios/registry.ts';
import type { Client, MakeClient } from './sessions/client.ts';

const STDERR = 2;

/** Members of a client that its scenario may leave out. */
const USUAL: Omit<Client<unknown>, 'message' | 'isDrained'> = {
  state: () => undefined,
  isReady: () => true,
  start() {},
  open() {},
  closed() {},
  refused() {},
  reconnects: () => false,
  tick() {},
  batchEnd() {},
  pong() {},
  stop() {},
};

/**
 * Imports the user's scenario file in this generator worker, adds its scenario, and returns its client. If its code
 * throws, now or during the run, the worker ends and says where, and the run has failed.
 *
 * @param file absolute path
 */
export async function ownClient(file: string): Promise<MakeClient<unknown>> {
  const end = (error: unknown): never => {
    writeSync(STDERR, `${thrownText(error, file)}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
  const { definition, own } = await loadOwnScenario(file, dirname(file), ourselves).catch(end);
  addScenario(definition, null);
  return guarded(clientOf(own), end);
}

function clientOf({ client, conversation }: OwnScenario): MakeOwnClient<unknown> {
  return client ?? (conversationClient(conversation) as MakeOwnClient<unknown>);
}

/** `chat.ts:12:5 threw TypeError: message is undefined` */
function thrownText(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(file);
  const place = at < 0 ? '' : (/^:\d+/.exec(stack.slice(at + file.length))?.[0] ?? '');
  return printable(`${basename(file)}${place} threw ${String(error)}`);
}

/**
 * Completes a client, and passes on what its members throw. Not every runtime reports what a callback of a socket
 * throws as an uncaught exception.
 */
function guarded(make: MakeOwnClient<unknown>, thrown: (error: unknown) => never): MakeClient<unknown> {
  return (context, sessions) => {
    let drainUs = Number.POSITIVE_INFINITY;
    let stopped = false;
    const untilTheEnd = { isDrained: (nowUs: number) => stopped || nowUs >= drainUs };
    const made = attempt(() => make(context, sessions), thrown);
    const client = { ...USUAL, ...untilTheEnd, ...made } as Client<unknown>;
    const guard = <Given extends unknown[], Result>(call: (...given: Given) => Result) => {
      return (...given: Given): Result => {
        try {
          return call.apply(made, given);
        } catch (error) {
          return thrown(error);
        }
      };
    };
    const members = Object.entries(client).filter(([, member]) => typeof member === 'function');
    const all = Object.fromEntries(
      members.map(([name, member]) => [name, guard(member)]),
    ) as unknown as Client<unknown>;
    return {
      ...all,
      start(times) {
        ({ drainUs } = times);
        all.start(times);
      },
      stop(nowUs) {
        stopped = true;
        all.stop(nowUs);
      },
    };
  };
}

function attempt<Result>(call: () => Result, thrown: (error: unknown) => never): Result {
  try {
    return call();
  } catch (error) {
    return thrown(error);
  }
}
