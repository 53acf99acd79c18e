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
  return main(argv, terminal, { signals: process, debug, exit: (code) => process.exit(code) }, services);
}

/** Who asks for no colours (no-color.org) asks for plain text, and a dumb terminal has no cursor to move. */
function isRedrawable({ NO_COLOR = '', TERM }: NodeJS.ProcessEnv): boolean {
  return process.stderr.isTTY && NO_COLOR === '' && TERM !== 'dumb';
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

let lostOutput: NodeJS.ErrnoException | null = null;
let isTerminalClosed = false;

/**
 * Where what we print cannot go any more, the command still does its work and cleans up: a reader may stop reading
 * (`| head`: EPIPE), and a terminal may be closed (EIO). Output that a full disk swallowed is a failure, though.
 */
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  isTerminalClosed ||= error.code === 'EIO';
});
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  isTerminalClosed ||= error.code === 'EIO';
  if (error.code !== 'EPIPE' && error.code !== 'EIO') lostOutput ??= error;
});

/** Ends the process once all is written: a pipe may take a while. */
function end(code: number): void {
  process.stdout.write('', () =>
    // The error of an earlier write is reported on a later turn than its callback.
    setImmediate(() => {
      // Node crashes as it exits, for it cannot reset a terminal that is gone: end by the signal that told of it.
      if (isTerminalClosed) process.removeAllListeners('SIGHUP').kill(process.pid, 'SIGHUP');
      if (lostOutput === null) process.exit(code);
      say(
        `The output could not be written: ${lostOutput.message}. Free some space, or redirect it elsewhere.`,
      );
      process.exit(code === 0 ? 1 : code);
    }),
  );
}

const problem = nodeVersionProblem(process.version);
if (problem !== null) say(problem);
end(problem === null ? await start() : 1);
