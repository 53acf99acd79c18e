import type { Command } from './command.ts';

/** What `profiles` was asked for. */
export interface ProfilesRequest {
  json: boolean;
}

export const profilesCommand = {
  operands: '',
  help: 'List profiles and tunings, and the question that each answers',
  options: { Options: { json: { value: null, help: 'Print JSON' } } },
  takesFromFile: false,
  parse: (given) => ({ command: 'profiles', profiles: { json: given.has('json') } }),
} as const satisfies Command<{ command: 'profiles'; profiles: ProfilesRequest }>;
