import { writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { printable } from '../model/printable.ts';
import * as ourselves from '../package.ts';
import { conversationClient } from '../scenarios/conversation.ts';
import { loadOwnScenario } from '../scenarios/load-own.ts';
import type { MakeOwnClient, OwnScenario } from '../scenarios/own-scenario.ts';
import type { MakeClient } from './sessions/client.ts';

const STDERR = 2;

/**
 * Imports the user's scenario file in this generator worker and returns its client. If the code in the file
 * throws, now or during the run, the worker reports where and exits, and the run fails.
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
  const { own } = await loadOwnScenario(file, dirname(file), ourselves).catch(end);
  return guarded(clientOf(own), end);
}

function clientOf({ client, conversation, reconnects }: OwnScenario): MakeOwnClient<unknown> {
  return client ?? (conversationClient(conversation, reconnects === true) as MakeOwnClient<unknown>);
}

/** Returns a text such as `chat.ts:12:5 threw TypeError: message is undefined`. */
function thrownText(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(file);
  const place = at < 0 ? '' : (/^:\d+/.exec(stack.slice(at + file.length))?.[0] ?? '');
  return printable(`${basename(file)}${place} threw ${String(error)}`);
}

/**
 * Adds the functions that a user's client omits, and passes errors thrown by any of its functions to
 * `thrown`. Not every runtime reports an error thrown in a socket callback as an uncaught exception.
 */
function guarded(make: MakeOwnClient<unknown>, thrown: (error: unknown) => never): MakeClient<unknown> {
  const guard = <Given extends unknown[], Result>(call: (...given: Given) => Result) => {
    return (...given: Given): Result => {
      try {
        return call(...given);
      } catch (error) {
        return thrown(error);
      }
    };
  };
  return (context, sessions) => {
    let drainUs = Number.POSITIVE_INFINITY;
    let stopped = false;
    const own = guard(make)(context, sessions);
    if (typeof own?.message !== 'function') thrown(new TypeError('its client has no function named message'));
    return {
      state: guard(() => own.state?.()),
      isReady: guard(() => own.isReady?.() ?? true),
      start: guard((times) => {
        ({ drainUs } = times);
        own.start?.(times);
      }),
      open: guard((session) => own.open?.(session)),
      message: guard((session, bytes, from, to, text) => own.message(session, bytes, from, to, text)),
      batchEnd: guard((session) => own.batchEnd?.(session)),
      pong: guard((session) => own.pong?.(session)),
      closed: guard((session, nowUs, isFailure) => own.closed?.(session, nowUs, isFailure)),
      refused: guard((session, nowUs) => own.refused?.(session, nowUs)),
      reconnects: guard(() => own.reconnects?.() ?? false),
      tick: guard((session, nowUs) => own.tick?.(session, nowUs)),
      stall: guard(() => own.stall?.()),
      resume: guard(() => own.resume?.()),
      isDrained: guard((nowUs) => own.isDrained?.(nowUs) ?? (stopped || nowUs >= drainUs)),
      stop: guard((nowUs) => {
        stopped = true;
        own.stop?.(nowUs);
      }),
    };
  };
}
