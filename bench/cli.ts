#!/usr/bin/env node
import { nodeVersionProblem } from './commands/node-version.ts';

/**
 * The command line: the only file that prints or exits. Everything else is imported once the version
 * of Node is known to do, for older ones could not even read it.
 */
async function start(): Promise<number> {
  const { main } = await import('./commands/main.ts');
  const { defectOf } = await import('./commands/defect.ts');
  const { services } = await import('./commands/wiring.ts');
  const { printableLines } = await import('./model/printable.ts');
  // What comes from outside may be in any text: a name in a configuration, a message of Nginx, a path.
  const say = (text: string) => void process.stderr.write(`${printableLines(text)}\n`);
  const argv = process.argv.slice(2);
  const debug = argv.includes('--debug') || (process.env.NODE_DEBUG ?? '') !== '';
  process.on('uncaughtException', (error) => {
    say(defectOf(error, debug));
    process.exit(1);
  });
  const terminal = {
    print: (text: string) => void process.stdout.write(`${printableLines(text)}\n`),
    say,
    draw: isRedrawable(process.env) ? (text: string) => void process.stderr.write(text) : null,
    get columns() {
      return process.stderr.isTTY ? process.stderr.columns : null;
    },
    get rows() {
      return process.stderr.isTTY ? process.stderr.rows : null;
    },
  };
  return main(argv, terminal, { signals: process, debug }, services);
}

/** Who asks for no colours (no-color.org) asks for plain text, and a dumb terminal has no cursor to move. */
function isRedrawable({ NO_COLOR = '', TERM }: NodeJS.ProcessEnv): boolean {
  return process.stderr.isTTY && NO_COLOR === '' && TERM !== 'dumb';
}

// Whoever reads our output may stop reading (`| head`): the run goes on, and ends as it would.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const problem = nodeVersionProblem(process.version);
if (problem !== null) process.stderr.write(`${problem}\n`);
const code = problem === null ? await start() : 1;
// not before all is written; a pipe may take a while
process.stdout.write('', () => process.exit(code));
