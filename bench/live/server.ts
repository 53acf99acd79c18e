import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Problem } from '../model/failure.ts';
import { reasonOf } from '../model/system-error.ts';
import { rejectionReason } from './guard.ts';

/** A server-sent event (HTML Standard section 9.2). `data` contains no line breaks. */
export interface Message {
  event: string;
  data: string;
}

/** The response for a path. */
export interface Content {
  body: string;
  /** Content-Security-Policy of the page. */
  policy: string;
}

export interface Site {
  /** Returns the content for a path; null if there is none. */
  contentOf(path: string): Content | null;
  /** Returns the first messages to send to a new listener. */
  greeting(): Message[];
}

export interface SiteServer {
  url: string;
  /** Number of clients that receive messages. */
  listeners(): number;
  broadcast(message: Message): void;
  /** Waits until all listeners have disconnected or `cutOff` is aborted, and closes the server. */
  close(cutOff: AbortSignal): Promise<void>;
}

const HOST = '127.0.0.1';
const EVENTS_PATH = '/events';
/**
 * Maximum unsent data per client, in bytes. A client that falls further behind is disconnected; it receives
 * the complete state when it reconnects.
 */
const MOST_WAITING = 2 ** 20;
/** How long a browser waits before it reconnects, in ms. */
const RETRY_MS = 1000;

/**
 * Serves a site to browsers on this machine.
 *
 * @param port null for any free port
 * @throws Problem if the port is not available
 */
export async function serveSite(site: Site, port: number | null): Promise<SiteServer> {
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    answer(request, response, site, portOf(server.address()), streams);
  });
  server.listen(port ?? 0, HOST);
  await once(server, 'listening').catch((cause: unknown) => {
    const where = port === null ? 'a free port' : `port ${port}`;
    const what = `The live report cannot be served on ${where}: ${reasonOf(cause)}.`;
    const remedy =
      port === null
        ? 'Name one with --live PORT.'
        : 'Choose another port, or omit the port to use a free one.';
    throw new Problem('environment', `${what} ${remedy}`, { cause });
  });
  return {
    url: `http://${HOST}:${portOf(server.address())}/`,
    listeners: () => streams.size,
    broadcast(message) {
      const text = textOf(message);
      for (const stream of streams) {
        if (stream.writableLength > MOST_WAITING) stream.destroy();
        else stream.write(text);
      }
    },
    async close(cutOff) {
      // Pages may still send requests on other connections until they disconnect.
      const disconnected = [...streams].map((stream) =>
        once(stream, 'close', { signal: cutOff }).catch(() => {}),
      );
      await Promise.all(disconnected);
      server.close();
      for (const stream of streams) stream.end();
      await setImmediate();
      server.closeAllConnections();
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
  port: number,
  streams: Set<ServerResponse>,
): void {
  const rejection = rejectionReason(request, port);
  const [pathname = '/'] = (request.url ?? '').split('?');
  const content = rejection === null ? site.contentOf(pathname) : null;
  if (rejection !== null) send(response, 403, 'text/plain', `${rejection}\n`);
  else if (pathname === EVENTS_PATH) stream(response, site, streams);
  else if (content === null) send(response, 404, 'text/plain', 'Not found.\n');
  else send(response, 200, 'text/html', content.body, { 'Content-Security-Policy': content.policy });
}

/** Prevents caching, content sniffing, and loading of the content by other sites. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...HEADERS, ...headers, 'Content-Type': `${type}; charset=utf-8` }).end(body);
}

function stream(response: ServerResponse, site: Site, streams: Set<ServerResponse>): void {
  response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
  response.write(`retry: ${RETRY_MS}\n\n`);
  for (const message of site.greeting()) response.write(textOf(message));
  streams.add(response);
  response.on('close', () => streams.delete(response));
  // Writing to a page that has just disconnected causes an error, which can be ignored.
  response.on('error', () => {});
}

function textOf({ event, data }: Message): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}
