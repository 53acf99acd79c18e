import { type AddressInfo, connect, createServer } from 'node:net';
import { Problem } from '../model/failure.ts';

export const LOOPBACK = '127.0.0.1';
export const RAISE_LOOPBACK = 'sudo ip link set lo up';

/**
 * Reports whether a connection to this address of the machine succeeds. Listening alone would prove nothing,
 * because it also works while the loopback interface is down.
 */
export function carriesTcp(host: string): Promise<boolean> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((done) => {
    const end = (succeeds: boolean) => server.close(() => done(succeeds));
    server.once('error', () => done(false));
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      const socket = connect(port, host);
      socket.once('connect', () => {
        socket.destroy();
        end(true);
      });
      socket.once('error', () => end(false));
    });
  });
}

/** @throws Problem('environment') if processes on this machine cannot connect to each other */
export async function checkLoopback(host = LOOPBACK): Promise<void> {
  if (await carriesTcp(host)) return;
  throw new Problem(
    'environment',
    `Nothing can connect to ${host}, the address that every process of a run uses: the loopback interface is down. Bring it up: ${RAISE_LOOPBACK}`,
  );
}
