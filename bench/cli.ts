#!/usr/bin/env node
import { nodeVersionProblem } from './commands/node-version.ts';

/**
 * Runs the command line. Only this file prints or exits. Everything else is imported after the Node version
 * check, because unsupported versions could not even parse it.
 */
async function start(): Promise<number> {
  const { main } = await import('./commands/main.ts');
  const { defectOf } = await import('./commands/defect.ts');
  const { services } = await import('./commands/wiring.ts');
  const { printableLines } = await import('./model/printable.ts');
  // Any text may contain untrusted input, such as a name in a configuration, an Nginx message or a path.
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

/** A user who disables colours (no-color.org) wants plain text, and a dumb terminal has no cursor to move. */
function isRedrawable({ NO_COLOR = '', TERM }: NodeJS.ProcessEnv): boolean {
  return process.stderr.isTTY && NO_COLOR === '' && TERM !== 'dumb';
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

let lostOutput: NodeJS.ErrnoException | null = null;
let isTerminalClosed = false;

/**
 * If the output can no longer be written, the command still does its work and cleans up. A reader may stop
 * reading (`| head`: EPIPE), or a terminal may be closed (EIO). Output lost because of a full disk is a
 * failure, however.
 */
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  isTerminalClosed ||= error.code === 'EIO';
});
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  isTerminalClosed ||= error.code === 'EIO';
  if (error.code !== 'EPIPE' && error.code !== 'EIO') lostOutput ??= error;
});

/** Ends the process after all output has been written, because writing to a pipe may take a while. */
function end(code: number): void {
  process.stdout.write('', () =>
    // Node reports the error of a write only after the write's callback, in a later event-loop turn.
    setImmediate(() => {
      // Node crashes on exit if it cannot reset a closed terminal. In this case, the process ends itself with
      // SIGHUP.
      if (isTerminalClosed) process.removeAllListeners('SIGHUP').kill(process.pid, 'SIGHUP');
      if (lostOutput === null) process.exit(code);
      say(
        `The output could not be written: ${lostOutput.message}. Free some space, or redirect the output elsewhere.`,
      );
      process.exit(code === 0 ? 1 : code);
    }),
  );
}

const problem = nodeVersionProblem(process.version);
if (problem !== null) say(problem);
end(problem === null ? await start() : 1);
