import { locationsOf, patternOf } from '../../nginx/location.ts';
import { type Directive, directives } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, locationOf } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import { isSound, type Rule } from '../subject.ts';
import { innermost } from './innermost.ts';

/** Reports how Nginx changes the path, including the part below the location. */
export const path: Rule = innermost((subject, candidate) => {
  const trace = subject.seen?.locations.get(candidate)?.trace ?? null;
  const [pass] = directives(candidate.self.block, 'proxy_pass');
  if (trace === null || trace.received === null || pass === undefined) return [];
  if (candidate.sign === 'stream' || !isSound(subject, candidate) || rewrites(candidate)) return [];
  const change = changeOf(candidate, pass, trace.sent.path, trace.received.path);
  if (change === null) return [];
  const [sent, received] = [trace.sent.path, trace.received.path];
  return [
    {
      rule: 'path',
      level: 'warning',
      origin: pass.origin,
      ...finding('path-changed', { location: locationOf(candidate), change, sent, received }),
      seen: null,
      remedies: [],
    },
  ];
});

function rewrites({ levels }: Candidate): boolean {
  return levels.some(({ block }) => directives(block, 'rewrite').length > 0);
}

function changeOf({ self }: Candidate, pass: Directive, sent: string, received: string) {
  const [sentPath = '', query = ''] = sent.split('?');
  const [receivedPath = '', receivedQuery = ''] = received.split('?');
  const url = pass.args[0]?.text ?? '';
  const prefix = patternOf(self)?.text ?? '';
  if (receivedPath.includes('//') && !sentPath.includes('//')) return 'doubled';
  const uri = /^[^:]+:\/\/[^/]+(\/.*)$/.exec(url)?.[1] ?? '';
  const isPrefix = ['', '^~'].includes(patternOf(self)?.modifier ?? '~');
  const isGlued = prefix.endsWith('/') && uri !== '' && !uri.endsWith('/') && !url.includes('$');
  if (isPrefix && isGlued && sentPath.length > prefix.length) return 'glued';
  const below = sentPath.slice(prefix.length);
  if (isPrefix && url.includes('$') && below !== '' && !receivedPath.endsWith(below.replace(/^\//, '')))
    return 'cut';
  return query !== '' && receivedQuery === '' ? 'query' : null;
}

/** Nginx redirects `/ws` to `location /ws/` (ngx_http_core_find_static_location). */
export const slash: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const pattern = patternOf(candidate.self);
    if (pattern === null || !isSound(subject, candidate) || candidate.sign === 'stream') return [];
    const { modifier, text } = pattern;
    const bare = text.slice(0, -1);
    if (!text.endsWith('/') || bare === '' || (modifier !== '' && modifier !== '^~')) return [];
    if (patternOf(locationsOf(candidate.server, bare).at(-1) ?? candidate.self)?.modifier === '=') return [];
    return [
      {
        rule: 'redirect',
        level: 'note',
        origin: candidate.self.origin,
        ...finding('slash-redirect', { location: locationOf(candidate), path: bare }),
        seen: null,
        remedies: [],
      },
    ];
  });
