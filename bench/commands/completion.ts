import type { CompletionRequest, Shell } from '../request/completion.ts';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { type Grammar, grammarOf } from './completion/grammar.ts';
import { zshScript } from './completion/zsh.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { type LibraryNeed, readLibrary } from './services.ts';

const SCRIPTS: Readonly<Record<Shell, (grammar: Grammar) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/**
 * Prints the shell's completion script. The script never calls the bench, so pressing a key does not start
 * Node.
 */
export async function completion(
  { shell }: CompletionRequest,
  { terminal, services }: CommandContext<LibraryNeed>,
): Promise<ExitCode> {
  terminal.print(SCRIPTS[shell](grammarOf(await readLibrary(services, null))).trimEnd());
  return EXIT.done;
}
