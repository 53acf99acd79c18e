import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inFolder } from './folder.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Lists the files that npm would pack, without contacting a registry. */
async function packed(cache: string): Promise<string[]> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline', '--cache', cache];
  const { stdout } = await promisify(execFile)('npm', [...args, '--no-update-notifier'], {
    cwd: ROOT,
    maxBuffer: 1 << 24,
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

test('the package contains its licence, its code and its data, but no tests', async () => {
  const { license, bin } = JSON.parse(await readFile(`${ROOT}package.json`, 'utf8')) as {
    license: string;
    bin: Record<string, string>;
  };
  assert.equal(license, 'MIT');
  assert.match(await readFile(`${ROOT}LICENSE`, 'utf8'), /^MIT License\n\nCopyright \(c\) \d{4} /);
  await inFolder(async (cache) => {
    const files = await packed(cache);
    for (const file of ['LICENSE', 'README.md', 'nginx-profiles/plain/nginx.conf', ...Object.values(bin)])
      assert.ok(files.includes(file), file);
    assert.deepEqual(
      files.filter((file) =>
        /\.(test|bench)\.|^dist\/test\/|\.(ts|tsbuildinfo)$/.test(file.replace(/\.d\.ts$/, '')),
      ),
      [],
    );
  });
});
