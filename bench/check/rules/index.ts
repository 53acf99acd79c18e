import { place } from '../../nginx/tree.ts';
import { type LintFinding, sorted } from '../finding.ts';
import type { Rule, Subject } from '../subject.ts';
import { accessLog } from './access-log.ts';
import { auth } from './auth.ts';
import { buffering } from './buffering.ts';
import { cache } from './cache.ts';
import { connections, openFiles } from './capacity.ts';
import { connection } from './connection.ts';
import { handshake } from './handshake.ts';
import { forwardedProto, headers, host, hostPort, ownOrigin } from './headers.ts';
import { hop, unlistened } from './hop.ts';
import { http2 } from './http2.ts';
import { idle } from './idle.ts';
import { connectionLimit, ports, requestLimit } from './limits.ts';
import { withNowhere } from './nowhere.ts';
import { part } from './part.ts';
import { passed } from './passed.ts';
import { path, slash } from './path.ts';
import { anyProtocol, bufferSize, closing } from './protocol.ts';
import { refused } from './refused.ts';
import { response, subprotocol } from './response.ts';
import { resumption } from './resumption.ts';
import { shadow } from './shadow.ts';
import { shutdown } from './shutdown.ts';
import { sharedSocket } from './socket.ts';
import { total } from './total.ts';
import { tryFiles } from './try-files.ts';
import { httpVersion, upgrade } from './upgrade.ts';
import { elsewhere, ipHash, maxFails, zone } from './upstream.ts';

/** All rules, in the order in which users encounter their topics. */
const RULES: readonly Rule[] = [
  refused,
  upgrade,
  httpVersion,
  shadow,
  passed,
  response,
  hop,
  unlistened,
  handshake,
  tryFiles,
  host,
  hostPort,
  headers,
  forwardedProto,
  ownOrigin,
  subprotocol,
  path,
  auth,
  connection,
  idle,
  total,
  connections,
  openFiles,
  connectionLimit,
  requestLimit,
  ports,
  cache,
  http2,
  sharedSocket,
  closing,
  shutdown,
  elsewhere,
  zone,
  ipHash,
  maxFails,
  resumption,
  slash,
  bufferSize,
  anyProtocol,
  buffering,
  accessLog,
  part,
];

/** Returns the findings of all rules, each only once, because one line may apply to several locations. */
export function judge(subject: Subject): LintFinding[] {
  const found = new Map<string, LintFinding>();
  for (const finding of sorted(
    withNowhere(
      subject,
      RULES.flatMap((rule) => rule(subject)),
    ),
  )) {
    const key = `${finding.rule} ${finding.code} ${place(finding.origin)}`;
    if (!found.has(key)) found.set(key, finding);
  }
  return [...found.values()];
}
