import type { Command } from './command.ts';
import { last } from './given.ts';

/** What `publish` was asked for. */
export interface PublishRequest {
  /** Of results, or of folders that hold some. */
  paths: readonly string[];
  /** Folder that the site is written to. */
  out: string;
  title: string;
  /** Whether what is published leaves out host names, user names and paths. */
  redact: boolean;
}

export const publishCommand = {
  operands: '[PATH ...]',
  help: 'Make a site of stored results: trends, verdicts, every report',
  options: {
    Options: {
      out: { value: 'DIR', help: 'Where the site is written [./site]' },
      title: { value: 'TEXT', help: 'What it is called [WebSocket through Nginx]' },
      redact: { value: null, help: 'Publish no host names, user names and paths; see the README' },
    },
  },
  parse: (given, operands) => ({
    command: 'publish',
    publish: {
      paths: operands.length === 0 ? ['reports'] : operands,
      out: last(given, 'out') ?? 'site',
      title: last(given, 'title') ?? 'WebSocket through Nginx',
      redact: given.has('redact'),
    },
  }),
} as const satisfies Command<{ command: 'publish'; publish: PublishRequest }>;
