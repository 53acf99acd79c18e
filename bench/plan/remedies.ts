import type { Machine } from '../model/machine.ts';

/** Explains how the user can raise a limit, as the end of an error message. */
export const RAISE_PORTS = "Widen the port range: sudo sysctl -w net.ipv4.ip_local_port_range='1024 65535'.";

/** Only root can raise a hard limit. */
export function raiseOpenFiles({ isRoot, openFilesLimit }: Machine): string {
  const wanted = Math.max(65_536, 4 * openFilesLimit);
  return isRoot
    ? `Raise the limit: ulimit -n ${wanted} (for a container: docker run --ulimit nofile=${wanted}).`
    : `Raise the limit: sudo prlimit --pid $$ --nofile=${wanted}:${wanted}, then run the bench again in this shell.`;
}
