import type { Profile, ShippedTuning } from '../model/profile.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { type LibraryNeed, readLibrary } from './services.ts';

/**
 * Lists the profiles (each with the question that it answers) and the tunings. JSON output lists only the
 * profiles.
 */
export async function profiles(
  { json }: { json: boolean },
  { terminal, services }: CommandContext<LibraryNeed>,
): Promise<ExitCode> {
  const library = await readLibrary(services, null);
  if (json) terminal.print(JSON.stringify(library.profiles, null, 2));
  else terminal.print(list(library.profiles, library.tunings));
  return EXIT.done;
}

function list(all: readonly Profile[], tunings: readonly ShippedTuning[]): string {
  const width = Math.max(...[...all, ...tunings].map(({ name }) => name.length));
  const lines = (name: string, ...texts: string[]) =>
    texts.map((text, index) => `${(index === 0 ? name : '').padEnd(width)}  ${text}`);
  const profileLines = (inAll: boolean) =>
    all
      .filter((each) => each.inAll === inAll)
      .flatMap(({ name, title, question }) => lines(name, title, question));
  const others = profileLines(false);
  return [
    ...profileLines(true),
    ...(others.length > 0 ? ['', 'Not part of `all`; these run only if named:', ...others] : []),
    '',
    'Tunings (apply one to a profile as in tls+buf-16k), each with the options, if any, under which it should make a difference:',
    ...tunings.flatMap(({ name, question, load }) => lines(name, question, ...(load === '' ? [] : [load]))),
  ].join('\n');
}
