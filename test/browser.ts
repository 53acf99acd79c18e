import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

/** The package's root, relative to dist/test/. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ON_PATH = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The temporary folder at the start, because a test may count leftovers in a separate one, without browser files. */
const TEMPORARY = tmpdir();

/**
 * Makes the browser use the fonts in the package, so that a page looks the same on a machine without fonts. The folder is
 * relative to this file, so that a checkout can be moved.
 */
const FONT_CONFIGURATION = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir></fontconfig>
`;

/** A program and its environment variables. */
interface Program {
  path: string;
  env: Record<string, string>;
}

/**
 * Starts a browser for a test, with additional arguments if given. The caller closes it. On Linux x64, a development
 * dependency provides the browser with its libraries and fonts, so nothing has to be installed. Other systems use
 * the one on PATH.
 */
export async function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const program = process.platform === 'linux' && process.arch === 'x64' ? await packaged() : onPath();
  const browser = await withEnvironment({ TMPDIR: TEMPORARY }, () =>
    chromium.launch({
      executablePath: program.path,
      env: { ...process.env, ...program.env } as Record<string, string>,
      args: [
        '--no-sandbox',
        '--no-zygote',
        '--no-first-run',
        '--disable-background-networking',
        '--font-render-hinting=none',
        ...args,
      ],
    }),
  );
  // On a busy machine, a page may take longer than the usual 30 s. The test itself has a time limit.
  browser.on('context', (context) => context.setDefaultTimeout(0));
  return browser;
}

/** Unpacks the browser once per version, first under a unique name, because tests may do so concurrently. */
async function packaged(): Promise<Program> {
  const { version } = createRequire(import.meta.url)(
    '../../node_modules/@sparticuz/chromium/package.json',
  ) as {
    version: string;
  };
  const cache = join(ROOT, '.cache');
  const folder = join(cache, `chromium-${version}`);
  if (!existsSync(folder)) {
    await mkdir(cache, { recursive: true, mode: 0o755 });
    const fresh = await mkdtemp(join(cache, 'chromium-'));
    try {
      await unpack(fresh);
      await writeFile(join(fresh, 'fonts.conf'), FONT_CONFIGURATION);
      await rename(fresh, folder);
    } catch (error) {
      // Another test was faster. Its copy is used.
      await rm(fresh, { recursive: true, force: true });
      if (!existsSync(folder)) throw error;
    }
  }
  return {
    path: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}

/**
 * The package unpacks into the temporary folder, and unpacks its shared libraries only if it believes that the
 * machine is a serverless one. Both are controlled by environment variables, which are set meanwhile. The package also
 * changes the environment.
 */
async function unpack(folder: string): Promise<void> {
  await withEnvironment({ TMPDIR: folder, CODEBUILD_BUILD_IMAGE: 'nodejs20' }, async () => {
    const { default: Chromium } = await import('@sparticuz/chromium');
    await Chromium.executablePath();
  });
}

/** Runs a function with other environment variables, and restores the environment afterwards. */
async function withEnvironment<T>(
  changes: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, changes);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

function onPath(): Program {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of ON_PATH) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return { path, env: {} };
      } catch {
        // Not in this folder; try the next one.
      }
    }
  }
  throw new Error(`No browser found: put one of ${ON_PATH.join(', ')} on PATH.`);
}
