import { atLeast } from '../../nginx/version.ts';
import { HTTP_1_1_SINCE, inherited } from '../../nginx/websocket.ts';
import { nameOf } from '../candidate.ts';
import type { Finding } from '../finding.ts';
import { isSound, type Rule } from '../subject.ts';
import { capital } from '../words.ts';

/** What works by a default that earlier versions do not have. */
export const httpVersion: Rule = (subject) => {
  if (!atLeast(subject.nginxVersion, HTTP_1_1_SINCE)) return [];
  return subject.candidates.flatMap((candidate): Finding[] => {
    const isWritten = inherited(candidate.levels, 'proxy_http_version').length > 0;
    if (isWritten || candidate.sign === 'stream' || !isSound(subject, candidate)) return [];
    return [
      {
        rule: 'http-version',
        level: 'warning',
        origin: candidate.self.origin,
        text: `${capital(nameOf(candidate))} has no proxy_http_version. It takes WebSockets because Nginx ${subject.nginxVersion} speaks HTTP/1.1 to servers by default; versions before ${HTTP_1_1_SINCE} speak HTTP/1.0, and there every handshake fails.`,
        seen: null,
        remedies: [{ block: 'location', lines: ['proxy_http_version  1.1;'] }],
      },
    ];
  });
};
