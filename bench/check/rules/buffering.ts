import { directives } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { locationOf } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import { isSound, type Rule } from '../subject.ts';

/**
 * These directives act on HTTP responses and requests. After the 101, Nginx only forwards bytes
 * (ngx_http_upstream_process_upgraded).
 */
const INERT =
  /^(proxy_(request_)?buffering|proxy_buffers|proxy_busy_buffers_size|proxy_max_temp_file_size|gzip|sendfile|tcp_nopush|postpone_output|limit_rate(_after)?|keepalive_timeout)$/;

/** Reports directives in a WebSocket's location that have no effect on WebSockets. */
export const buffering: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    if (candidate.sign === 'stream' || !isSound(subject, candidate)) return [];
    const inert = directives(candidate.self.block).filter(({ name }) => INERT.test(name));
    const [first] = inert;
    if (first === undefined) return [];
    const names = [...new Set(inert.map(({ name }) => name))];
    return [
      {
        rule: 'buffering',
        level: 'note',
        origin: first.origin,
        ...finding('no-effect', { directives: names, location: locationOf(candidate) }),
        seen: null,
        remedies: [],
      },
    ];
  });
