/** What the preflight needs to know about the machine: limits on the processes of a run. Sizes in bytes. */
export interface Machine {
  /** Numbers of the CPUs that this process may use, ascending (Cpus_allowed_list in /proc/self/status). */
  cpus: readonly number[];
  /** The hard limit of RLIMIT_NOFILE, to which Node and nginx raise their soft limit. */
  openFilesLimit: number;
  /** Available without swapping (MemAvailable), or what remains in a smaller control group. */
  memoryBytes: number;
  /** net.core.somaxconn; null if it cannot be read. */
  somaxconn: number | null;
  /** net.ipv4.ip_local_port_range, inclusive; null if it cannot be read. */
  portRange: readonly [number, number] | null;
  isRoot: boolean;
  /** Version of the Bun available to the lean client and lean echo server, such as `1.4.5`; null if none. */
  bun: string | null;
}
