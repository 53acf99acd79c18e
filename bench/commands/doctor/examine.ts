import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../model/failure.ts';
import type { Machine } from '../../model/machine.ts';
import type { Environment } from '../../model/result.ts';
import { findNginx, type NginxBinary } from '../../nginx/binary.ts';
import { type ContainerLimits, readContainerLimits } from '../../observe/control-group.ts';
import {
  canObserve,
  readBusyShare,
  readEnvironment,
  readLimitNotices,
  readMachine,
} from '../../observe/environment.ts';
import { carriesTcp, LOOPBACK } from '../../observe/loopback.ts';
import { type Pinning, tryPinning } from '../../topology/affinity.ts';
import type { FindOptions } from '../../topology/driver.ts';
import { bunHere } from '../../topology/engine.ts';
import { onPath } from '../../topology/executable.ts';
import { ioUringHere } from '../../topology/io-uring.ts';
import { PRIVATE_FOLDER_PREFIX } from '../../topology/private-folder.ts';

/** Facts about a machine, without any judgement. */
export interface Facts {
  environment: Environment;
  machine: Machine;
  container: ContainerLimits;
  /** Whether the CPU quota is smaller than the number of CPUs that this process may use. */
  isQuotaFelt: boolean;
  canObserve: boolean;
  /** The Nginx binary or, if none was found, a sentence with the remedy. */
  nginx: NginxBinary | string;
  pinning: Pinning;
  /** Share (0..1) of total CPU capacity used by other processes; null if it cannot be read. */
  busyShare: number | null;
  temporary: TemporaryFolder;
  /** Whether processes can connect to 127.0.0.1 and, for `otherLoopback`, to 127.0.0.2. */
  loopback: boolean;
  otherLoopback: boolean;
  /** Path of a browser for the tests; null if none was found. */
  browser: string | null;
}

export interface TemporaryFolder {
  path: string;
  isWritable: boolean;
}

const BUSY_MS = 300;
/**
 * Development dependency that may contain a browser. It is checked before the names on PATH, as in
 * test/browser.ts.
 */
const BROWSER_PACKAGE = 'node_modules/@sparticuz/chromium';
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** @param root the bench's own package folder */
export async function examine(nginx: FindOptions, root: string): Promise<Facts> {
  const runtime = { bun: bunHere()?.version ?? null, ioUring: ioUringHere() };
  // Measured before the other checks, and not concurrently with them, because they keep a CPU busy.
  const busyShare = await readBusyShare(BUSY_MS);
  const [environment, machine, container, limits, found, temporary, loopback, otherLoopback] =
    await Promise.all([
      readEnvironment(runtime),
      readMachine(runtime),
      readContainerLimits(),
      readLimitNotices(),
      findNginx(nginx).catch((error: unknown) => {
        if (error instanceof Problem) return error.message;
        throw error;
      }),
      tryFolder(tmpdir()),
      carriesTcp(LOOPBACK),
      carriesTcp('127.0.0.2'),
    ]);
  return {
    ...{
      environment,
      machine,
      container,
      isQuotaFelt: limits.length > 0,
      canObserve: canObserve(),
      nginx: found,
      pinning: tryPinning(process.env),
    },
    ...{ busyShare, temporary, loopback, otherLoopback, browser: findBrowser(root) },
  };
}

async function tryFolder(path: string): Promise<TemporaryFolder> {
  const made = await mkdtemp(join(path, PRIVATE_FOLDER_PREFIX)).catch(() => null);
  if (made !== null) await rm(made, { recursive: true });
  return { path, isWritable: made !== null };
}

function findBrowser(root: string): string | null {
  const packaged = join(root, BROWSER_PACKAGE);
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(packaged)) return packaged;
  return BROWSERS.map((name) => onPath(name, process.env)).find((path) => path !== null) ?? null;
}
