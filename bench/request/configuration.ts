import type { ConfigurationOptions } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import { last } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions } from './options.ts';
import { quoted } from './units.ts';

/** Options that only apply with --conf, except that --header also applies with --target. */
export const NEEDS_CONF = ['conf-root', 'env-file', 'ws-path', 'host', 'header', 'keep-guards'];

/** Like `readingOptions`, but for commands that take a configuration through --conf. */
export function configurationOptions(given: GivenOptions): ConfigurationOptions {
  const lonely = NEEDS_CONF.find((name) => given.has(name) && !(name === 'header' && given.has('target')));
  if (lonely !== undefined && !given.has('conf')) {
    throw new Incomplete(`--${lonely} only applies to your own configuration. Name it with --conf PATH.`, {
      conf: 'nginx.conf',
    });
  }
  return readingOptions(given);
}

/**
 * Parses the options for reading the user's configuration and choosing its WebSocket endpoint; throws a
 * `usage` Problem if they are invalid.
 */
export function readingOptions(given: GivenOptions): ConfigurationOptions {
  return {
    roots: (given.get('conf-root') ?? []).map(rootOf),
    envFile: last(given, 'env-file'),
    keepGuards: given.has('keep-guards'),
    websocketPath: websocketPathOf(given),
    host: hostOf(given),
    headers: (given.get('header') ?? []).map(headerOf),
  };
}

function rootOf(text: string): { from: string; to: string } {
  const [, from, to = ''] = /^(\/[^=]*?)\/*=(.+)$/.exec(text) ?? [];
  if (from !== undefined) return { from, to };
  throw new Problem(
    'usage',
    `--conf-root ${quoted(text)} must map an absolute path to the local folder that contains its files, for example --conf-root /etc/nginx=./site.`,
  );
}

/**
 * The path becomes part of the request line (RFC 9112 section 3.2.1), so it must not contain any character
 * that would end that line.
 */
function websocketPathOf(given: GivenOptions): string | null {
  const path = last(given, 'ws-path');
  if (path === null || /^\/[!-~]*$/.test(path)) return path;
  throw new Problem(
    'usage',
    `--ws-path ${quoted(path.replace(/\?.*/s, '?…'))} must be a path that begins with / and contains only visible ASCII characters, for example --ws-path /live/websocket.`,
  );
}

function hostOf(given: GivenOptions): string | null {
  const host = last(given, 'host');
  if (host === null || /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(host)) return host;
  throw new Problem(
    'usage',
    `--host ${quoted(host)} must be a host name without a port, for example --host chat.example.org.`,
  );
}

/** Headers that the generator sets itself. */
const OWN_HEADERS = /^(host|upgrade|connection|content-length|transfer-encoding|sec-websocket-.*)$/i;

/**
 * A token, a colon and visible characters (RFC 9110 section 5). A value may be secret, so error messages do
 * not show it.
 */
function headerOf(text: string): { name: string; value: string } {
  const [, name, value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([ -~\t]*)$/.exec(text) ?? [];
  if (name === undefined) {
    throw new Problem(
      'usage',
      `--header ${quoted(text.replace(/[\s:].*/s, '…'))} must be a header, for example --header 'Origin: https://example.org'.`,
    );
  }
  if (OWN_HEADERS.test(name)) {
    const remedy = name.toLowerCase() === 'host' ? ' Use --host to change its value.' : '';
    throw new Problem(
      'usage',
      `--header cannot set ${name}. Only the generator itself may set this header.${remedy}`,
    );
  }
  return { name, value: value.trimEnd() };
}
