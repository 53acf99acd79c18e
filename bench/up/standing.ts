import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { maskedPath } from '../nginx/secrets.ts';
import type { EchoServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';

/** A running topology. */
export interface Standing {
  /** Name of the variant. */
  name: string;
  title: string;
  /** The run's private folder. */
  folder: string;
  target: StartedTarget;
  servers: readonly Pick<EchoServer, 'port' | 'certPath'>[];
  server: 'ws' | 'lean';
  /** Paths of the access logs. Nginx logs a WebSocket when it closes. */
  accessLogs: readonly string[];
}

/** The addresses at which a running topology can be reached. */
export interface Addresses {
  /** URL of the page; null if Nginx has no HTTP server in front of the echo servers. */
  page: string | null;
  websockets: string[];
  echoServers: string[];
  certificate: { path: string; sha256: string } | null;
  accessLogs: readonly string[];
}

export function addressesOf({ target, servers, folder, accessLogs }: Standing): Addresses {
  const { host, ports, path, tls, proxy } = target;
  const s = tls === null ? '' : 's';
  return {
    page: proxy?.folderPath == null ? null : `http${s}://${host}:${ports[0]}${proxy.folderPath}`,
    websockets: ports.map((port) => `ws${s}://${host}:${port}${path}`),
    echoServers:
      proxy === null
        ? []
        : servers.map(
            ({ port, certPath }) => `ws${certPath === null ? '' : 's'}://127.0.0.1:${port}/websocket`,
          ),
    certificate:
      tls?.ca === undefined
        ? null
        : { path: join(folder, 'certificate.pem'), sha256: new X509Certificate(tls.ca).fingerprint256 },
    accessLogs,
  };
}

/** The lines to print when everything is running. */
export function standingLines(standing: Standing): string[] {
  const { name, title, target, servers, server } = standing;
  const { page, websockets, echoServers, certificate, accessLogs } = addressesOf(standing);
  const behind = `${servers.length} echo server${servers.length === 1 ? '' : 's'} (${server})`;
  const before = target.proxy === null ? '' : `Nginx ${target.proxy.facts.version} in front of `;
  const row = (label: string, value: string) => `  ${label.padEnd(14)}${value}`;
  return [
    `${name} is running (${title}): ${before}${behind}.`,
    page === null
      ? row('Page', 'none, because Nginx has no HTTP server in front of the echo servers')
      : row('Page', page),
    // The query may contain a secret, and others may read this output.
    ...websockets.map((url) => row('WebSocket', maskedPath(url))),
    ...echoServers.map((url) => row('Echo server', url)),
    ...(certificate === null
      ? []
      : [
          row(
            'Certificate',
            'self-signed, so browsers warn. Trust it, or compare its SHA-256 fingerprint before you continue:',
          ),
          row('', certificate.sha256),
          row('', certificate.path),
        ]),
    ...accessLogs.map((path) => row('Access log', path)),
    ...(target.proxy === null || target.host.startsWith('127.')
      ? []
      : [
          `Anyone who can reach ${target.host} can reach the page and the WebSockets. The echo servers listen on loopback only.`,
        ]),
    'Press Ctrl-C to stop.',
  ];
}
