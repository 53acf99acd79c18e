import { readFile } from 'node:fs/promises';
import {
  AuthorizationError,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  nkeyAuthenticator,
  UserAuthenticationExpiredError,
} from '@nats-io/transport-node';
import { Problem } from '../model/failure.ts';
import { reasonOf } from '../model/system-error.ts';
import { type Bus, natsBus } from './bus.ts';

/** How to reach a NATS server. */
export interface NatsAccess {
  /** `nats://HOST:PORT`, or `tls://HOST:PORT` to require TLS. */
  url: string;
  /** File with a token, an nkey seed or a user's credentials; null if the server requires no authentication. */
  secretFile: string | null;
  /** PEM file with the certificate authorities to trust; null for the certificate authorities of the system. */
  caFile: string | null;
}

const CONNECT_MS = 5_000;
const RETRY_MS = 250;

/**
 * Connects to a NATS server, and reconnects whenever the connection breaks.
 *
 * @throws Problem('environment') if the server cannot be reached, or rejects the credentials
 */
export async function connectTo({ url, secretFile, caFile }: NatsAccess, name: string): Promise<Bus> {
  const secret = secretFile === null ? {} : secretOptions(await read(secretFile, '--nats-secret'));
  const needsTls = caFile !== null || url.startsWith('tls://');
  try {
    const connection = await connect({
      servers: url.replace(/^\w+:\/\//, ''),
      name,
      timeout: CONNECT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RETRY_MS,
      // Runs are short, so a server that no longer responds must be detected quickly.
      pingInterval: 2_000,
      ...secret,
      ...(needsTls ? { tls: caFile === null ? {} : { caFile } } : {}),
    });
    return natsBus(connection);
  } catch (cause) {
    if (cause instanceof AuthorizationError || cause instanceof UserAuthenticationExpiredError) {
      throw new Problem(
        'environment',
        secretFile === null
          ? `The NATS server ${url} requires authentication. Use --nats-secret FILE to name a file that contains a token, an nkey seed or credentials.`
          : `The NATS server ${url} rejects the credentials in ${secretFile}. Check --nats-secret.`,
        { cause },
      );
    }
    throw new Problem(
      'environment',
      `The NATS server ${url} cannot be reached: ${reasonOf(cause)}. Check --nats, and make sure that nats-server is running.`,
      { cause },
    );
  }
}

/** Returns the connection options for a secret. The form of the secret shows which kind it is. */
function secretOptions(text: string): ConnectionOptions {
  const bytes = new TextEncoder().encode(text);
  if (text.includes('-----BEGIN')) return { authenticator: credsAuthenticator(bytes) };
  if (/^SU[A-Z2-7]{56}$/.test(text)) return { authenticator: nkeyAuthenticator(bytes) };
  return { token: text };
}

async function read(path: string, option: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Problem('environment', `${path} cannot be read: ${reasonOf(cause)}. Check ${option}.`, {
      cause,
    });
  });
  return text.trim();
}
