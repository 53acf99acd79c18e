import type { Rule } from '../subject.ts';
import { accessLog } from './access-log.ts';
import { buffering } from './buffering.ts';
import { cache } from './cache.ts';
import { connections, openFiles } from './capacity.ts';
import { connection } from './connection.ts';
import { handshake } from './handshake.ts';
import { httpVersion } from './http-version.ts';
import { http2 } from './http2.ts';
import { idle } from './idle.ts';
import { part } from './part.ts';
import { resumption } from './resumption.ts';
import { shutdown } from './shutdown.ts';
import { upgrade } from './upgrade.ts';
import { ipHash, maxFails, zone } from './upstream.ts';

/** Every rule, in the order in which people run into what it is about. */
export const RULES: readonly Rule[] = [
  upgrade,
  httpVersion,
  handshake,
  connection,
  idle,
  connections,
  openFiles,
  cache,
  http2,
  shutdown,
  zone,
  ipHash,
  maxFails,
  resumption,
  buffering,
  accessLog,
  part,
];
