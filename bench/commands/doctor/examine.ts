import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../model/failure.ts';
import type { Machine } from '../../model/machine.ts';
import type { Environment } from '../../model/result.ts';
import { type FindOptions, findNginx, type NginxBinary } from '../../nginx/binary.ts';
import { type ContainerLimits, readContainerLimits } from '../../observe/control-group.ts';
import { canObserve, readBusyShare, readEnvironment, readMachine } from '../../observe/environment.ts';
import { carriesTcp, LOOPBACK } from '../../observe/loopback.ts';
import { type Pinning, tryPinning } from '../../topology/affinity.ts';
import { bunHere } from '../../topology/engine.ts';
import { onPath } from '../../topology/executable.ts';
import { PRIVATE_FOLDER_PREFIX } from '../../topology/private-folder.ts';

/** Facts about a machine, without any judgement. */
export interface Facts {
  environment: Environment;
  machine: Machine;
  container: ContainerLimits;
  canObserve: boolean;
  /** A sentence with the remedy if there is no Nginx. */
  nginx: NginxBinary | string;
  pinning: Pinning;
  /** Share of all CPUs (0..1) that other work uses; null if it cannot be read. */
  busyShare: number | null;
  temporary: TemporaryFolder;
  /** Whether connections to 127.0.0.1 succeed. */
  loopback: boolean;
  /** Whether connections can use loopback addresses other than 127.0.0.1 as their source. */
  otherLoopback: boolean;
  /** Path of a browser for the tests; null if there is none. */
  browser: string | null;
}

export interface TemporaryFolder {
  path: string;
  isWritable: boolean;
}

const BUSY_MS = 300;
/** In a development dependency, else names on PATH; as in test/browser.ts. */
const BROWSER_PACKAGE = 'node_modules/@sparticuz/chromium';
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** @param root The package's own folder. */
export async function examine(nginx: FindOptions, root: string): Promise<Facts> {
  const bun = bunHere()?.version ?? null;
  // Measured first and alone, because every other check keeps a CPU busy.
  const busyShare = await readBusyShare(BUSY_MS);
  const [environment, machine, container, found, temporary, loopback, otherLoopback] = await Promise.all([
    readEnvironment(bun),
    readMachine(bun),
    readContainerLimits(),
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
