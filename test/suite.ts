import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Prints the files that `npm test` hands to `node --test`, which starts a process for each. Most of what a small
 * test file costs is the start of that process and the import of the same modules, so the files of these folders
 * share one, for which this writes a file that imports them.
 */
const SHARED = [
  'check',
  'commands',
  'diagnose',
  'files',
  'measure',
  'metrics',
  'model',
  'nginx',
  'plan',
  'redact',
  'report',
  'request',
  'site',
  'stats',
  'store',
  'strategy',
  'wording',
];

/** A file that starts processes of its own waits for them, and the others would wait with it. */
const STARTS_PROCESSES = /launchBrowser|node:child_process|node:worker_threads|through-nginx/;

const DIST = fileURLToPath(new URL('..', import.meta.url));
const TOGETHER = join(DIST, 'test', 'together');

function testsIn(folder: string): string[] {
  return readdirSync(join(DIST, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join(DIST, folder, name))
    .sort();
}

rmSync(TOGETHER, { recursive: true, force: true });
mkdirSync(TOGETHER);
const own = new Set(testsIn('.'));
const together = SHARED.map((folder) => {
  const files = testsIn(join('bench', folder)).filter(
    (file) => !STARTS_PROCESSES.test(file) && !STARTS_PROCESSES.test(readFileSync(file, 'utf8')),
  );
  for (const file of files) own.delete(file);
  const path = join(TOGETHER, `${folder}.test.js`);
  writeFileSync(path, files.map((file) => `import ${JSON.stringify(file)};\n`).join(''));
  return path;
});
process.stdout.write([...own, ...together].join('\n'));
