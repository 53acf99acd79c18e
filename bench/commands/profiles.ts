import type { Profile } from '../model/profile.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Services } from './services.ts';
import type { Terminal } from './terminal.ts';

/** Lists the profiles with the question that each answers. */
export async function profiles(
  { json }: { json: boolean },
  terminal: Terminal,
  services: Services,
): Promise<ExitCode> {
  const all = await services.loadProfiles();
  terminal.print(json ? JSON.stringify(all, null, 2) : table(all));
  return EXIT.done;
}

function table(all: readonly Profile[]): string {
  const width = Math.max(...all.map(({ name }) => name.length));
  const indent = ' '.repeat(width + 2);
  return all
    .map(({ name, title, question }) => `${name.padEnd(width)}  ${title}\n${indent}${question}`)
    .join('\n');
}
