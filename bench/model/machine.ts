/** The hosts that generate the load of a run, if agents do. */
export interface GeneratorHosts {
  /** Names of the agents. */
  agents: readonly string[];
  /** The lowest limit on open files among these hosts. */
  openFilesLimit: number;
  /**
   * Lowest number of source ports per target among the hosts whose kernels reuse a port only after a minute;
   * null if all hosts reuse ports sooner.
   */
  scarcePorts: number | null;
  /** Whether all of these hosts have Bun. */
  bun: boolean;
}

/** A host on which an agent runs Nginx or echo servers. */
export interface TopologyHost {
  agent: string;
  /** Number of CPUs that the agent may use. */
  cpus: number;
  openFilesLimit: number;
  somaxconn: number | null;
  bun: boolean;
}

/** Machine limits that the preflight checks before any process is started. Sizes are in bytes. */
export interface Machine {
  /**
   * Numbers of the CPUs that this process may use, in ascending order (Cpus_allowed_list in
   * /proc/self/status).
   */
  cpus: readonly number[];
  /** Hard limit of RLIMIT_NOFILE. Node.js and Nginx raise their soft limits to it. */
  openFilesLimit: number;
  /**
   * Memory available without swapping (MemAvailable), or the memory still available in the control group if
   * that is less.
   */
  memoryBytes: number;
  /** net.core.somaxconn; null if it cannot be read. */
  somaxconn: number | null;
  /** net.ipv4.ip_local_port_range, inclusive; null if it cannot be read. */
  portRange: readonly [number, number] | null;
  isRoot: boolean;
  /**
   * Version of Bun available for the lean client and the lean echo server, such as `1.4.5`; null if there is
   * none.
   */
  bun: string | null;
  /**
   * `available`, or the error with which the system refuses io_uring, such as `EPERM`; null without Bun, which
   * is needed to use it.
   */
  ioUring: string | null;
  /** The hosts that generate the load; missing if this host does. */
  generators?: GeneratorHosts;
  /** The host on which Nginx is started; missing if Nginx is started on this host. */
  proxyHost?: TopologyHost;
  /** The hosts on which the echo servers are started; missing if they are started on this host. */
  serverHosts?: readonly TopologyHost[];
}
