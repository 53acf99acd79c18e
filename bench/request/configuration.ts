import type { ConfigurationOptions } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import { last } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions } from './options.ts';
import { quoted } from './units.ts';

/** Options that mean nothing without --conf. */
export const NEEDS_CONF = ['conf-root', 'env-file', 'ws-path', 'host', 'header', 'keep-guards'];

/** As `readingOptions`, where a configuration is named with --conf or not at all. */
export function configurationOptions(given: GivenOptions): ConfigurationOptions {
  const lonely = NEEDS_CONF.find((name) => given.has(name));
  if (lonely !== undefined && !given.has('conf')) {
    throw new Incomplete(`--${lonely} belongs to a configuration of your own: name it with --conf PATH.`, {
      conf: 'nginx.conf',
    });
  }
  return readingOptions(given);
}

/** Reads the options that say how a person's configuration is read and entered; throws a Problem of kind `usage`. */
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
  const [, from, to] = /^(\/[^=]*?)\/*=(.+)$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return { from, to };
  throw new Problem(
    'usage',
    `--conf-root ${quoted(text)} is no folder and the place where it lies here: write --conf-root /etc/nginx=./site.`,
  );
}

/** Goes into the request line as it is (RFC 9112 section 3.2.1), so nothing in it may end that line. */
function websocketPathOf(given: GivenOptions): string | null {
  const path = last(given, 'ws-path');
  if (path === null || /^\/[!-~]*$/.test(path)) return path;
  throw new Problem(
    'usage',
    `--ws-path ${quoted(path.replace(/\?.*/s, '?…'))} is no path: write it as in --ws-path /live/websocket.`,
  );
}

function hostOf(given: GivenOptions): string | null {
  const host = last(given, 'host');
  if (host === null || /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(host)) return host;
  throw new Problem(
    'usage',
    `--host ${quoted(host)} is no host name: write it as in --host chat.example.org.`,
  );
}

/** Those that make a handshake are the generator's own. */
const OWN_HEADERS = /^(host|upgrade|connection|content-length|transfer-encoding|sec-websocket-.*)$/i;

/** A token, a colon and visible characters (RFC 9110 section 5). A value may be a secret, so no message has it. */
function headerOf(text: string): { name: string; value: string } {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([ -~\t]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new Problem(
      'usage',
      `--header ${quoted(text.replace(/[\s:].*/s, '…'))} is no header: write it as in --header 'Origin: https://example.org'.`,
    );
  }
  if (OWN_HEADERS.test(name)) {
    const remedy = name.toLowerCase() === 'host' ? ' Use --host.' : '';
    throw new Problem('usage', `--header cannot set ${name}, which is part of every handshake.${remedy}`);
  }
  return { name, value: value.trimEnd() };
}
