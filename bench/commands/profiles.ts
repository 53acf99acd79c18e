import type { Profile, ShippedTuning } from '../model/profile.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { readLibrary, type Services } from './services.ts';
import type { Terminal } from './terminal.ts';

/** Lists profiles and tunings with the question that each answers; as JSON the profiles alone. */
export async function profiles(
  { json }: { json: boolean },
  terminal: Terminal,
  services: Services,
): Promise<ExitCode> {
  const { profiles: all, tunings } = await readLibrary(services);
  terminal.print(json ? JSON.stringify(all, null, 2) : [...tables(all), tuningTable(tunings)].join('\n\n'));
  return EXIT.done;
}

/** Those of `all`, then the others, if there are any. */
function tables(all: readonly Profile[]): string[] {
  const width = Math.max(...all.map(({ name }) => name.length));
  const others = all.filter(({ inAll }) => !inAll);
  const table = profileTable(
    all.filter(({ inAll }) => inAll),
    width,
  );
  return others.length === 0
    ? [table]
    : [table, `By name only, not part of \`all\`:\n${profileTable(others, width)}`];
}

function profileTable(some: readonly Profile[], width: number): string {
  const indent = ' '.repeat(width + 2);
  return some
    .map(({ name, title, question }) => `${name.padEnd(width)}  ${title}\n${indent}${question}`)
    .join('\n');
}

function tuningTable(all: readonly ShippedTuning[]): string {
  const width = Math.max(...all.map(({ name }) => name.length));
  const rows = all.map(
    ({ name, question, load }) =>
      `${name.padEnd(width)}  ${question}${load === '' ? '' : ` Shows with ${load}.`}`,
  );
  return ['Tunings, as in plain+buf-16k:', ...rows].join('\n');
}
