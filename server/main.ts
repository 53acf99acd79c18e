#!/usr/bin/env node
import { openChannel } from './channel.ts';
import { HELP, parseOptions, type ServerOptions, UsageError } from './options.ts';
import type { RunningServer } from './running.ts';
import { starterOf } from './starter.ts';

const GRACE_MS = 900;

// The reader of the ready line may exit right after reading it, as in `| head -1`.
process.stdout.on('error', () => {});

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') console.log(HELP);
  else await serve(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function serve(options: ServerOptions): Promise<void> {
  const start = await starterOf(options);
  const server = await start(options).catch((error: NodeJS.ErrnoException) => {
    throw new Error(sentenceOf(error, options), { cause: error });
  });
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  console.log(`listening on ${host}:${server.port}`);
  if (options.pingMs > 0) setInterval(() => server.ping(), options.pingMs).unref();
  openChannel(server);
  stopOnSignal(server);
}

function stopOnSignal(server: RunningServer): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, async () => {
      if (stopping) process.exit(0);
      stopping = true;
      await server.stop(GRACE_MS);
      process.exit(0);
    });
  }
}

function sentenceOf(
  error: NodeJS.ErrnoException & { address?: string },
  { host, port, socket }: ServerOptions,
): string {
  if (socket !== null && error.address === socket) {
    return `Cannot listen on ${socket}: ${error.message}. Choose another --socket.`;
  }
  if (error.code === undefined) return error.message;
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE')
    return `${where} is already in use. Choose another --port, or 0 for any free one.`;
  if (error.code === 'EACCES')
    return `This user is not allowed to use ${where}. Choose a --port of 1024 or above.`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return `${host} is not an address of this machine. Choose another --host, such as 127.0.0.1.`;
  }
  return `Cannot listen on ${where}: ${error.message}`;
}
