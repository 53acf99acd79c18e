import { formatSeconds } from '../format.ts';
import { listed } from '../words.ts';
import { type LocationFact, locationName } from './location.ts';

/** Findings about WebSockets in operation: while they are idle, at a reload, and when clients reconnect. */
export const OPERATION = {
  'idle-timeout': ({
    directive,
    seconds,
    isDefault,
    location,
  }: {
    directive: string;
    seconds: number;
    isDefault: boolean;
    location: LocationFact;
  }) =>
    `${directive} is ${formatSeconds(seconds)}${isDefault ? ' (the default)' : ''}. Nginx cuts a WebSocket of ${locationName(location)} that is silent for that long. Nginx sends no close frame, so the client sees code 1006. More frequent pings from either side keep it open.`,
  'handshakes-cached': ({
    location,
    isKept,
    isLocked,
  }: {
    location: LocationFact;
    isKept: boolean;
    isLocked: boolean;
  }) =>
    `Handshakes of ${locationName(location)} go through proxy_cache. ${
      isKept
        ? 'The response to an ordinary GET of the same path is cached, and every handshake gets it until it expires.'
        : `A cached response for the same path would make every handshake fail until it expires${isLocked ? ', and proxy_cache_lock lets handshakes through one at a time' : ''}.`
    }`,
  'http2-without-websockets': () =>
    'HTTP/2 is on, but does not carry WebSockets: Nginx does not support extended CONNECT (RFC 8441), so each WebSocket has its own HTTP/1.1 connection. Pages benefit from HTTP/2; WebSockets do not. A client that negotiates h2 for its handshake fails.',
  'http2-with-websockets': () => 'HTTP/2 is on, and this Nginx accepts WebSockets over it (RFC 8441).',
  'shutdown-timeout-unset': () =>
    'worker_shutdown_timeout is not set. After a reload, old workers keep running, and keep their memory, until their last WebSocket closes. With a timeout, they cut the WebSockets that are still open when it expires, and all the clients affected reconnect at once.',
  'shutdown-timeout': ({ value }: { value: string }) =>
    `With worker_shutdown_timeout ${value}, old workers cut all of their WebSockets ${value} after a reload, and the clients all reconnect at once.`,
  'no-zone': ({ upstream, method }: { upstream: string; method: string | null }) =>
    `Upstream ${upstream} has no zone. With several workers, ${
      method === null
        ? 'each worker rotates through the servers and counts failures by itself'
        : /hash$/.test(method)
          ? 'each worker counts failures by itself, so after a failure the workers may send the same client to different servers'
          : `${method} counts only the connections of its own worker, so a server that is busy for one worker can look idle to another`
    }. A WebSocket stays on its server until it closes.`,
  'ip-hash': ({ upstream, realIpHeader }: { upstream: string; realIpHeader: boolean }) =>
    `ip_hash uses only the first three octets of the client's IPv4 address. All clients in one network, or behind one proxy in front of Nginx, go to the same server of ${upstream}.${realIpHeader ? ' real_ip_header provides the client addresses behind such a proxy.' : ''}`,
  'max-fails': ({ upstream, uncounted }: { upstream: string; uncounted: readonly string[] }) =>
    `After a server of ${upstream} refuses one connection (max_fails, 1 by default), Nginx skips it for fail_timeout (10 s by default).${uncounted.length === 0 ? '' : ` Nginx would not skip the only server of an upstream, but it also counts the ${uncounted.length === 1 ? 'server' : 'servers'} at ${listed(uncounted)}, which ${uncounted.length === 1 ? 'is' : 'are'} not in use.`} When many clients reconnect at once, a brief failure takes healthy servers out of use. Once all are out, every handshake fails with 502 ("no live upstreams" in the error log).`,
  'tls-not-resumed': () =>
    'TLS sessions are not resumed. Every client that reconnects needs a full handshake with certificate and signature, and after a reload all of them reconnect at once.',
  'no-effect': ({ directives, location }: { directives: readonly string[]; location: LocationFact }) =>
    `${listed(directives)} in ${locationName(location)} ${directives.length === 1 ? 'has' : 'have'} no effect on WebSockets: after the 101, Nginx passes bytes on as they arrive. The only buffer that messages go through is proxy_buffer_size.`,
  'logged-at-close': () =>
    'The access log has one line per WebSocket, written when it closes. Open WebSockets do not appear in it, and $request_time is how long the WebSocket was open.',
};
