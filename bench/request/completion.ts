import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { suggestion } from './nearest.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The request of `completion`. */
export interface CompletionRequest {
  shell: Shell;
}

export const completionCommand = {
  operands: 'bash|zsh|fish',
  help: 'Print a completion script for a shell',
  options: {},
  takesFromFile: false,
  parse: (_given, operands) => ({ command: 'completion', completion: { shell: shellOf(operands) } }),
} as const satisfies Command<{ command: 'completion'; completion: CompletionRequest }>;

function shellOf([name, ...rest]: readonly string[]): Shell {
  const shell = SHELLS.find((each) => each === name);
  if (shell !== undefined && rest.length === 0) return shell;
  const hint = name === undefined || rest.length > 0 ? '' : suggestion(name, SHELLS);
  throw new Problem(
    'usage',
    `\`completion\` takes the name of one shell: ${SHELLS.join(', ')}.${hint} For example: eval "$(nginx-ws-bench completion bash)"`,
  );
}
