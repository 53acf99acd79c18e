import { commandWords } from '../model/command.ts';
import { Problem } from '../model/failure.ts';
import { last } from './given.ts';
import type { GivenOptions } from './options.ts';
import type { ScenarioRequest } from './scenario.ts';
import { quoted } from './units.ts';

/** Options that only apply to the benchmark's own echo servers, which --backend replaces. */
const OF_ECHO_SERVERS = ['server', 'no-http'];

const EXAMPLE = "for example --backend 'node app.js --port {port}'";

/**
 * Parses --backend, the command that starts the user's own server. The command is returned as typed.
 *
 * @throws Problem('usage') if the value is not a command with {port}, or if another option excludes --backend
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
      `--${idle} does not apply with --backend, which replaces the echo servers and receives no HTTP requests. Leave one out.`,
    );
  }
  if (scenario.serverArguments(scenarioOptions).length > 0) {
    throw new Problem(
      'usage',
      `With these options, --scenario ${scenario.name} needs echo servers that do more than echo. Only the bench's own servers can do that. Leave --backend out.`,
    );
  }
  if (scenario.httpLoad !== undefined) {
    throw new Problem(
      'usage',
      `--scenario ${scenario.name} sends HTTP requests, but a --backend receives none. Leave --backend out.`,
    );
  }
  const words = commandWords(command);
  if (words === 'open-quote')
    throw new Problem('usage', `--backend ${quoted(command)} has an unclosed quote. Close it.`);
  if (words === 'shell') {
    throw new Problem(
      'usage',
      `--backend ${quoted(command)} has characters that only a shell interprets, but the command runs without one. Quote them, or start a shell yourself: --backend "sh -c 'cd app && exec node app.js {port}'".`,
    );
  }
  if (words.some((word) => word.includes('{port}'))) return command;
  throw new Problem(
    'usage',
    `--backend ${quoted(command)} must contain {port} in place of the port to listen on, ${EXAMPLE}.`,
  );
}
