import { PROXY } from '../model/proxy.ts';
import type { Command } from './command.ts';
import { last } from './given.ts';

/** The request of `publish`. */
export interface PublishRequest {
  /** Paths of results, or of folders that contain results. */
  paths: readonly string[];
  /** Output folder for the site. */
  out: string;
  title: string;
  /** Whether to remove host names, user names and paths. */
  redact: boolean;
}

export const publishCommand = {
  operands: '[PATH ...]',
  help: 'Build a site from stored results: trends, comparisons, reports',
  options: {
    Options: {
      out: { value: 'DIR', help: 'Folder for the site [./site]' },
      title: { value: 'TEXT', help: 'Title of the site [WebSocket through Nginx]' },
      redact: { value: null, help: 'Remove host names, user names and paths; see the README' },
    },
  },
  parse: (given, operands) => ({
    command: 'publish',
    publish: {
      paths: operands.length === 0 ? ['reports'] : operands,
      out: last(given, 'out') ?? 'site',
      title: last(given, 'title') ?? `WebSocket through ${PROXY}`,
      redact: given.has('redact'),
    },
  }),
} as const satisfies Command<{ command: 'publish'; publish: PublishRequest }>;
