import { createServer, type ListenOptions, type Server } from 'node:net';
import type { ServerOptions } from './options.ts';

/**
 * Makes a server listen on its TCP port and, if requested, on a Unix-domain socket whose connections go to
 * the same server.
 *
 * @param accepting how the server accepts its connections
 * @returns all listeners, which the caller has to close
 * @throws the error of listen(), such as EADDRINUSE
 */
export async function listen(
  server: Server,
  { port, host, socket, backlog }: Pick<ServerOptions, 'port' | 'host' | 'socket' | 'backlog'>,
  accepting: { pauseOnConnect?: boolean } = {},
): Promise<Server[]> {
  await listening(server, { port, host, backlog });
  if (socket === null) return [server];
  const local = createServer(accepting, (connection) => server.emit('connection', connection));
  await listening(local, { path: socket, backlog }).catch((error: unknown) => {
    server.close();
    throw error;
  });
  return [server, local];
}

async function listening(server: Server, where: ListenOptions): Promise<void> {
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(where, done);
  });
}
