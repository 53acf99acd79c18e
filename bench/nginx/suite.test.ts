import assert from 'node:assert/strict';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { readInterpreter } from './interpreter.ts';
import { fetchSuiteNginx } from './suite.ts';

const PATH = process.env.PATH ?? '';
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'suite-test-')));
});
afterEach(async () => {
  process.env.PATH = PATH;
  await rm(folder, { recursive: true, force: true });
});

const silent = () => assert.fail('nothing to say');

test('a cached Nginx is used without a network, even if the cache was moved', async () => {
  const root = join('cache', `nginx-debian-made-up-${process.arch}`);
  const libraries = join(root, 'usr/lib/any-linux-gnu');
  await mkdir(join(folder, root, 'usr/sbin'), { recursive: true });
  await mkdir(join(folder, libraries), { recursive: true });
  // A folder of libraries without the loader.
  await mkdir(join(folder, root, 'lib/any-linux-gnu'), { recursive: true });
  await copyFile('/bin/true', join(folder, root, 'usr/sbin/nginx'));
  const loader = await readInterpreter('/bin/true');
  await copyFile(await realpath(loader), join(folder, libraries, basename(loader)));
  await writeFile(join(folder, root, 'packages'), 'nginx_1.99.0-1_any\nlibc6_3-1_any\n');
  await mkdir(join(folder, 'moved'));
  for (const place of ['', 'moved']) {
    if (place !== '') await rename(join(folder, 'cache'), join(folder, place, 'cache'));
    const found = await fetchSuiteNginx('made-up', { cacheDir: join(folder, place, 'cache'), say: silent });
    assert.deepEqual(found, {
      path: join(folder, place, root, 'usr/sbin/nginx'),
      libraryPath: [join(root, 'lib/any-linux-gnu'), libraries]
        .map((path) => join(folder, place, path))
        .join(':'),
      origin: 'nginx 1.99.0-1 of debian:made-up',
    });
    assert.equal(await readInterpreter(found.path), join(folder, place, libraries, basename(loader)));
    // A loader that is already set is not set again.
    const bytes = await readFile(found.path);
    await fetchSuiteNginx('made-up', { cacheDir: join(folder, place, 'cache'), say: silent });
    assert.deepEqual(await readFile(found.path), bytes);
  }
});

test('an incomplete cache is reported', async () => {
  const root = join(folder, `nginx-debian-made-up-${process.arch}`);
  await mkdir(join(root, 'usr/sbin'), { recursive: true });
  await copyFile('/bin/true', join(root, 'usr/sbin/nginx'));
  await assert.rejects(
    fetchSuiteNginx('made-up', { cacheDir: folder, say: silent }),
    (error) =>
      error instanceof Problem && /^The loader \S+ is not among the libraries of /.test(error.message),
  );
});

/** Creates an apt-get from this script, and a dpkg-deb. */
async function fakeApt(script: string): Promise<void> {
  for (const [name, body] of [
    ['apt-get', script],
    ['dpkg-deb', 'exit 0'],
  ] as const) {
    await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  }
  process.env.PATH = `${folder}:${PATH}`;
}

async function fails(words: RegExp): Promise<void> {
  const said: string[] = [];
  const cacheDir = join(folder, 'cache');
  await assert.rejects(
    fetchSuiteNginx('trixie', { cacheDir, say: (line) => said.push(line) }),
    (error) => error instanceof Problem && error.kind === 'environment' && words.test(error.message),
  );
  assert.match(
    said.join('\n'),
    /^Fetching Nginx and its libraries from debian:trixie into \S+-trixie-\w+\. /,
  );
  assert.deepEqual(await readdir(cacheDir), [], 'nothing is left');
}

test('without a network, apt’s warning about the package lists is reported', async () => {
  await fakeApt(`case "$*" in
    *--version*) ;;
    *update*) echo "W: Failed to fetch http://x/InRelease  Temporary failure resolving 'x'" >&2 ;;
    *) echo "E: Unable to locate package nginx" >&2; exit 100 ;;
  esac`);
  await fails(
    /Unable to locate package nginx\. apt-get update reported: Failed to fetch .* Temporary failure/,
  );
});

test('packages not signed by Debian are not used', async () => {
  await fakeApt(`case "$*" in
    *--version*|*--print-uris*) ;;
    *update*)
      grep -q 'AllowInsecureRepositories "false"' "$2" || exit 0
      grep -q 'signed-by=/usr/share/keyrings/debian-archive-keyring' sources.list || exit 0
      [ -e "$(sed 's/.*signed-by=\\([^]]*\\)\\].*/\\1/' sources.list)" ] || exit 0
      grep -q ' http://deb.debian.org/debian trixie main$' sources.list || exit 0
      echo "E: The repository 'http://x trixie InRelease' is not signed." >&2; exit 100 ;;
  esac`);
  await fails(/^apt-get update failed: The repository 'http:\/\/x trixie InRelease' is not signed\.$/);
});

test('the system’s own mirror is used', async () => {
  await fakeApt(`case "$*" in
    *--version*) ;;
    *--print-uris*)
      echo "'https://download.docker.com/linux/debian/dists/bookworm/InRelease' x 0"
      echo "'https://mirror.example.org/debian-security/dists/bookworm-security/InRelease' x 0"
      echo "'https://mirror.example.org/debian/dists/bookworm/InRelease' x 0" ;;
    *update*) echo "E: $(cat sources.list)" >&2; exit 100 ;;
  esac`);
  await fails(/failed: deb \[signed-by=\S+\] https:\/\/mirror\.example\.org\/debian trixie main\.$/);
});
