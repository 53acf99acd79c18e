import type { Command } from './command.ts';
import { last } from './given.ts';
import { RUN_OPTIONS } from './run-options.ts';

/** What `doctor` was asked for. */
export interface DoctorRequest {
  /** Null: the one on PATH, else a fetched one, as for a run. */
  nginxPath: string | null;
  json: boolean;
}

const { nginx } = RUN_OPTIONS['What is put under load'];

export const doctorCommand = {
  operands: '',
  help: 'What this machine can do for a run, and what mends what it cannot',
  options: { Options: { nginx, json: { value: null, help: 'Print JSON' } } },
  takesFromFile: false,
  parse: (given) => ({
    command: 'doctor',
    doctor: { nginxPath: last(given, 'nginx'), json: given.has('json') },
  }),
} as const satisfies Command<{ command: 'doctor'; doctor: DoctorRequest }>;
