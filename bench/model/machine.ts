/** What the preflight must know of the machine: limits that bind the processes of a run. Sizes in bytes. */
export interface Machine {
  /** Numbers of the CPUs that this process may run on, ascending (Cpus_allowed_list in /proc/self/status). */
  cpus: readonly number[];
  /** The hard limit of RLIMIT_NOFILE: Node and nginx raise their soft limit up to it. */
  openFilesLimit: number;
  /** Available without swapping (MemAvailable), or what is left in a smaller control group. */
  memoryBytes: number;
  /** net.core.somaxconn; null where it cannot be read. */
  somaxconn: number | null;
  /** net.ipv4.ip_local_port_range, both ends included; null where it cannot be read. */
  portRange: readonly [number, number] | null;
  isRoot: boolean;
  /** Version of the Bun that lean client and lean echo server can run on, as in `1.4.5`; null: there is none. */
  bun: string | null;
}
