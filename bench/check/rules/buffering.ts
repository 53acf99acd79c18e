import { directives } from '../../nginx/tree.ts';
import { nameOf } from '../candidate.ts';
import type { Finding } from '../finding.ts';
import { isSound, type Rule } from '../subject.ts';

/** They act on HTTP responses and requests; after the 101 Nginx pumps bytes (ngx_http_upstream_process_upgraded). */
const INERT =
  /^(proxy_(request_)?buffering|proxy_buffers|proxy_busy_buffers_size|proxy_max_temp_file_size|gzip|sendfile|tcp_nopush|postpone_output|limit_rate(_after)?|keepalive_timeout)$/;

/** Directives in a WebSocket's own location that do nothing for it. */
export const buffering: Rule = (subject) =>
  subject.candidates.flatMap((candidate): Finding[] => {
    if (candidate.sign === 'stream' || !isSound(subject, candidate)) return [];
    const inert = directives(candidate.self.block).filter(({ name }) => INERT.test(name));
    const [first] = inert;
    if (first === undefined) return [];
    const names = [...new Set(inert.map(({ name }) => name))];
    const are = names.length === 1 ? 'does' : 'do';
    return [
      {
        rule: 'buffering',
        level: 'note',
        origin: first.origin,
        text: `${names.join(', ')} in ${nameOf(candidate)} ${are} nothing for a WebSocket: after the 101 Nginx passes bytes on as they come. The only buffer that its messages see is proxy_buffer_size.`,
        seen: null,
        remedies: [],
      },
    ];
  });
