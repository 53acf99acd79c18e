import type { Command } from './command.ts';
import { last } from './given.ts';
import { RUN_OPTIONS } from './run-options.ts';

/** The request of `doctor`. */
export interface DoctorRequest {
  /**
   * Path of the Nginx binary; null to use the one on PATH, or a downloaded one if there is none, as for a
   * run.
   */
  nginxPath: string | null;
  json: boolean;
}

const { nginx } = RUN_OPTIONS['The variants'];

export const doctorCommand = {
  operands: '',
  help: 'Check what this machine can run, and report how to fix problems',
  options: { Options: { nginx, json: { value: null, help: 'Print JSON' } } },
  takesFromFile: false,
  parse: (given) => ({
    command: 'doctor',
    doctor: { nginxPath: last(given, 'nginx'), json: given.has('json') },
  }),
} as const satisfies Command<{ command: 'doctor'; doctor: DoctorRequest }>;
