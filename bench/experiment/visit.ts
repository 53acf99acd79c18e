import { once } from 'node:events';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { Problem } from '../model/failure.ts';
import { PROXY } from '../model/proxy.ts';
import { reasonOf } from '../model/system-error.ts';
import type { StartedTarget } from '../topology/target.ts';

/**
 * Requests a path once, without an upgrade, as a monitor or a browser would. Any response is accepted.
 *
 * @throws Problem('environment') if there is no response; the signal's reason if aborted
 */
export async function visit(
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
