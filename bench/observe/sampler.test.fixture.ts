import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** Creates a simulated procfs with process 7. `set` gives the CPU time of each of its threads, in ns. */
export function procfs(t: TestContext): {
  path: string;
  set: (threads: Record<string, number> | null, pid?: number) => void;
} {
  const path = mkdtempSync(join(tmpdir(), 'observe-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  mkdirSync(join(path, 'self'));
  writeFileSync(join(path, 'self/schedstat'), '1 2 3\n');
  return {
    path,
    set(threads, pid = 7) {
      rmSync(join(path, `${pid}`), { recursive: true, force: true });
      for (const [id, cpuNs] of Object.entries(threads ?? {})) {
        const folder = join(path, `${pid}/task`, id);
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, 'schedstat'), `${cpuNs} 5 6\n`);
        const status = `VmRSS:\t100 kB\nvoluntary_ctxt_switches:\t${Math.floor(cpuNs / 1000)}\nnonvoluntary_ctxt_switches:\t1\n`;
        writeFileSync(join(folder, 'status'), status);
        writeFileSync(join(path, `${pid}/status`), status);
      }
    },
  };
}

export const SEVEN = { component: 'server', role: 'server', name: 'echo server 1', pid: 7 } as const;
