import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

/** The package's root, seen from dist/test/. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ON_PATH = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** As the file began: a test that counts what is left in a folder of its own counts no file of a browser. */
const TEMPORARY = tmpdir();

/** A program and what it needs in its environment. */
interface Program {
  path: string;
  env: Record<string, string>;
}

/**
 * Starts a browser for a test, with more arguments where it takes some; the caller closes it. It is the one that a development dependency brings
 * along, with its own libraries and fonts, so that a machine needs to have nothing installed; on other
 * systems than Linux on x64 it is one on PATH.
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
  // On a busy machine a page may take longer than the 30 s that are usual; a test has a limit of its own.
  browser.on('context', (context) => context.setDefaultTimeout(0));
  return browser;
}

/** Unpacks the browser once per version, under a name of its own first: several tests may do so at once. */
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
      await writeFile(join(fresh, 'fonts.conf'), fontConfiguration(folder));
      await rename(fresh, folder);
    } catch (error) {
      // Another test was faster: its copy is as good.
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
 * The package unpacks into the folder for temporary files, and its shared libraries only where it takes
 * the machine for a serverless one: both are told to it by the environment, for as long as it takes. It changes
 * the environment as well.
 */
async function unpack(folder: string): Promise<void> {
  await withEnvironment({ TMPDIR: folder, CODEBUILD_BUILD_IMAGE: 'nodejs20' }, async () => {
    const { default: Chromium } = await import('@sparticuz/chromium');
    await Chromium.executablePath();
  });
}

/** Does it with other variables in the environment, which is as before afterwards. */
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

/** The fonts that come along, so that a page looks the same on a machine that has none. */
function fontConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'fonts-cache')}</cachedir></fontconfig>
`;
}

function onPath(): Program {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of ON_PATH) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return { path, env: {} };
      } catch {
        // Not here: the next one.
      }
    }
  }
  throw new Error(`No browser found: put one of ${ON_PATH.join(', ')} on PATH.`);
}
