/** Limits of the machine that the preflight checks before starting processes. Sizes are in bytes. */
export interface Machine {
  /** Numbers of the CPUs that this process may use, ascending (Cpus_allowed_list in /proc/self/status). */
  cpus: readonly number[];
  /** The hard limit of RLIMIT_NOFILE. Node.js and Nginx raise their soft limit to it. */
  openFilesLimit: number;
  /**
   * Memory available without swapping (MemAvailable), or what remains in the control group if that is less.
   */
  memoryBytes: number;
  /** net.core.somaxconn; null if it cannot be read. */
  somaxconn: number | null;
  /** net.ipv4.ip_local_port_range, inclusive; null if it cannot be read. */
  portRange: readonly [number, number] | null;
  isRoot: boolean;
  /**
   * Version of Bun available to the lean client and lean echo server, such as `1.4.5`; null if there is none.
   */
  bun: string | null;
}
