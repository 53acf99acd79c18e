import { inherited } from '../../nginx/located.ts';
import { type Directive, directives } from '../../nginx/tree.ts';
import { atLeast } from '../../nginx/version.ts';
import { HTTP_1_1_SINCE } from '../../nginx/websocket.ts';
import { finding } from '../../wording/finding.ts';
import { locationOf } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import { isSound, type Rule } from '../subject.ts';
import { setterOf } from './headers.ts';

const NOTHING = { seen: null, remedies: [] };

/**
 * Reports a map that sets the Connection header to `close`. Since version 1.29.7, Nginx otherwise keeps
 * connections to upstream servers open.
 */
export const closing: Rule = ({ tree, candidates, nginxVersion }) => {
  if (!atLeast(nginxVersion, HTTP_1_1_SINCE)) return [];
  const maps = directives(tree, 'http').flatMap(({ block }) => directives(block, 'map'));
  const used = candidates.map(({ levels }) => setterOf(levels, 'connection')?.args[1]?.text);
  return maps.flatMap((map): LintFinding[] => {
    const closes = directives(map.block).find(
      ({ name, args: [value] }) => name === '' && value?.text === 'close',
    );
    if (closes === undefined || !used.includes(map.args[1]?.text ?? '-')) return [];
    return [
      {
        ...NOTHING,
        rule: 'connection-close',
        level: 'note',
        origin: closes.origin,
        ...finding('close-undoes-keepalive', { nginxVersion }),
        remedies: [{ block: 'http', lines: ["''  '';  # in this map"] }],
      },
    ];
  });
};

/** Each WebSocket uses two buffers; their default size is one memory page. */
const LARGE_BYTES = 65_536;
const UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1_048_576, g: 1_073_741_824 };

/** Reports how much memory each WebSocket may use for buffers. */
export const bufferSize: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const [written] = candidate.sign === 'stream' ? [] : inherited(candidate.levels, 'proxy_buffer_size');
    const bytes = written === undefined ? 0 : bytesIn(written);
    if (written === undefined || bytes < LARGE_BYTES || !isSound(subject, candidate)) return [];
    return [
      {
        ...NOTHING,
        rule: 'buffer-size',
        level: 'note',
        origin: written.origin,
        ...finding('large-buffer', { bytes, memory: bytes * 2 * 10_000 }),
      },
    ];
  });

function bytesIn({ args: [size] }: Directive): number {
  const [, count = '0', unit = ''] = /^(\d+)([kmg]?)$/i.exec(size?.text ?? '') ?? [];
  return Number(count) * (UNITS[unit.toLowerCase()] ?? 1);
}

/** Reports that the client may upgrade to any protocol, because the Upgrade header is passed on unchanged. */
export const anyProtocol: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const written = candidate.sign === 'stream' ? null : setterOf(candidate.levels, 'upgrade');
    const isPublic = inherited(candidate.levels, 'deny').length === 0;
    if (!/^\$\{?http_upgrade\}?$/.test(written?.args[1]?.text ?? '') || written === null || !isPublic)
      return [];
    if (!isSound(subject, candidate)) return [];
    return [
      {
        ...NOTHING,
        rule: 'any-protocol',
        level: 'note',
        origin: written.origin,
        ...finding('any-protocol', { location: locationOf(candidate) }),
      },
    ];
  });
