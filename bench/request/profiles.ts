import type { Command } from './command.ts';

/** The request of `profiles`. */
export interface ProfilesRequest {
  json: boolean;
}

export const profilesCommand = {
  operands: '',
  help: 'List profiles and tunings, with the question each answers',
  options: { Options: { json: { value: null, help: 'Print JSON' } } },
  takesFromFile: false,
  parse: (given) => ({ command: 'profiles', profiles: { json: given.has('json') } }),
} as const satisfies Command<{ command: 'profiles'; profiles: ProfilesRequest }>;
