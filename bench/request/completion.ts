import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { suggestion } from './nearest.ts';
import { quoted } from './units.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What `completion` was asked for. */
export interface CompletionRequest {
  shell: Shell;
}

export const completionCommand = {
  operands: 'bash|zsh|fish',
  help: 'Print a script that completes what is typed in a shell',
  options: {},
  takesFromFile: false,
  parse: (_given, operands) => ({ command: 'completion', completion: { shell: shellOf(operands) } }),
} as const satisfies Command<{ command: 'completion'; completion: CompletionRequest }>;

function shellOf([name, ...rest]: readonly string[]): Shell {
  const shell = SHELLS.find((each) => each === name);
  if (shell !== undefined && rest.length === 0) return shell;
  const hint = name === undefined ? '' : suggestion(name, SHELLS);
  const what = name === undefined ? 'none is named' : `${quoted([name, ...rest].join(' '))} is none`;
  throw new Problem(
    'usage',
    `\`completion\` takes the name of a shell, and ${what}.${hint} It knows ${SHELLS.join(', ')}: eval "$(nginx-ws-bench completion bash)"`,
  );
}
