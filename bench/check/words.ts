import type { Arrival } from './backend.ts';
import type { Evidence } from './finding.ts';
import type { Outcome } from './observation.ts';

/** What became of a handshake, as the end of a sentence: `was answered with 426`. */
export function outcomeWords(outcome: Outcome): string {
  if (outcome === 'echoed') return 'opened, and echoed its message';
  const status = statusIn(outcome);
  if (status !== null) return `was answered with ${status}`;
  if (outcome === 'echo-timeout') return 'was not answered';
  if (outcome.startsWith('closed-')) return `was closed with ${outcome.slice('closed-'.length)}`;
  if (outcome === 'protocol-error') return 'was answered with what is no response of HTTP/1.1';
  if (outcome === 'reset') return 'was closed without an answer';
  return `failed (${outcome})`;
}

export function statusIn(outcome: Outcome): number | null {
  const status = /^status-(\d+)$/.exec(outcome)?.[1];
  return status === undefined ? null : Number(status);
}

/** Evidence of a handshake, with what reached the server behind Nginx. */
export function handshakeEvidence(what: string, outcome: Outcome, arrived: Arrival | null): Evidence {
  const status = statusIn(outcome);
  const behind =
    arrived === null
      ? 'nothing reached the server behind Nginx'
      : `what reached the server behind Nginx was ${arrivalWords(arrived)}`;
  return {
    text: `${what} ${outcomeWords(outcome)}; ${behind}.`,
    ...(status === null ? {} : { status }),
  };
}

export function arrivalWords({ httpVersion, upgrade, connection }: Arrival): string {
  const headers = [
    upgrade === null ? 'no Upgrade' : `"Upgrade: ${upgrade}"`,
    connection === null ? 'no Connection' : `"Connection: ${connection}"`,
  ];
  return `HTTP/${httpVersion} with ${headers.join(' and ')}`;
}

/** `1.0 s`. */
export function secondsWords(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}

const NUMBER = new Intl.NumberFormat('en-US');

export function numberWords(value: number): string {
  return NUMBER.format(value);
}

/** `a, b and c`. */
export function listWords(items: readonly string[]): string {
  const [last = '', ...before] = items.toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(', ')} and ${last}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
