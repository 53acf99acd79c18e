import { commandWords } from '../model/command.ts';
import { Problem } from '../model/failure.ts';
import { last } from './given.ts';
import type { GivenOptions } from './options.ts';
import type { ScenarioRequest } from './scenario.ts';
import { quoted } from './units.ts';

/** Options about the echo servers of the benchmark, or about requests that only they answer. */
const OF_ECHO_SERVERS = ['server', 'no-http'];

const EXAMPLE = "for example --backend 'node app.js --port {port}'";

/**
 * Parses --backend: the command that starts the user's own server. Its value is kept as typed.
 *
 * @throws Problem('usage') if it is not a command with {port}, and for what does not apply with it
 */
export function backendOf(
  given: GivenOptions,
  { scenario, scenarioOptions }: ScenarioRequest,
): string | null {
  const command = last(given, 'backend');
  if (command === null) return null;
  const idle = OF_ECHO_SERVERS.find((name) => given.has(name));
  if (idle !== undefined) {
    throw new Problem(
      'usage',
      `--${idle} does not apply with --backend, which takes the place of the echo servers and is sent no HTTP requests. Leave one out.`,
    );
  }
  if (scenario.serverArguments(scenarioOptions).length > 0) {
    throw new Problem(
      'usage',
      `--scenario ${scenario.name} with these options needs echo servers that do more than echo, and a --backend cannot be told to. Leave --backend out.`,
    );
  }
  if (scenario.httpLoad !== undefined) {
    throw new Problem(
      'usage',
      `--scenario ${scenario.name} sends HTTP requests, and a --backend is sent none. Leave --backend out.`,
    );
  }
  const words = commandWords(command);
  if (words === 'open-quote')
    throw new Problem('usage', `--backend ${quoted(command)} has a quote that is not closed. Close it.`);
  if (words === 'shell') {
    throw new Problem(
      'usage',
      `--backend ${quoted(command)} needs a shell, and none is used. Quote these characters, or start a shell yourself: --backend "sh -c 'cd app && exec node app.js {port}'".`,
    );
  }
  if (words.some((word) => word.includes('{port}'))) return command;
  throw new Problem(
    'usage',
    `--backend ${quoted(command)} must contain {port}, which is replaced by the port to listen on, ${EXAMPLE}.`,
  );
}
