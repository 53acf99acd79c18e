import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Prints the files that `npm test` hands to `node --test`, which starts a process for each. Most of what a small
 * test file costs is the start of that process and the import of the same modules, so the files of a group of
 * folders share one, for which this writes a file that imports them.
 */
const GROUPS: readonly (readonly string[])[] = [
  ...['check', 'commands', 'load', 'measure', 'model', 'nginx', 'plan', 'report', 'request', 'scenarios'],
  ...['site', 'stats', 'store', 'strategy', 'wording'],
]
  .map((folder) => [`bench/${folder}`])
  .concat([
    ['agents', 'diagnose', 'experiment', 'files', 'live', 'metrics', 'observe', 'redact', 'topology', 'up']
      .map((folder) => `bench/${folder}`)
      .concat('server'),
  ]);

/**
 * A file that starts processes, opens connections or sleeps waits for them, and the others would wait with it. One
 * that registers a scenario would change what the others find.
 */
const ALONE =
  /addScenario\(|scenarios\/declared|launchBrowser|through-nginx|node:(child_process|worker_threads|net|tls|https?|timers\/promises)'|from 'ws'|(agents|connection|experiment|own|ring|small-load|start|up)\.test\.fixture|\/(affinity|process|process-set|servers|waker|warden)\.js'/;

const DIST = fileURLToPath(new URL('..', import.meta.url));
/** What this writes. Node runs test files in the order of their paths, and this folder is the first. */
const WRITTEN = join(DIST, 'all');

/** Those that take longest. Later, they would run alone at the end. */
const LONGEST =
  /on-bun|death|interruption|nginx\/files|agents-through|(agents\/loss|report\/page|reload|profiles|idle\/idle|up\/browser)\.test/;

function testsIn(folder: string): string[] {
  return readdirSync(join(DIST, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join(DIST, folder, name))
    .sort();
}

/** Writes a file that imports these, and returns its path. */
function written(name: string, files: readonly string[]): string {
  const path = join(WRITTEN, `${name}.test.js`);
  writeFileSync(path, files.map((file) => `import ${JSON.stringify(file)};\n`).join(''));
  return path;
}

rmSync(WRITTEN, { recursive: true, force: true });
mkdirSync(WRITTEN);
const own = new Set(testsIn('.'));
const longest = [...own].filter((file) => LONGEST.test(file)).reverse();
for (const file of longest) own.delete(file);
const together = GROUPS.map((folders) => {
  const files = folders.flatMap(testsIn).filter((file) => !ALONE.test(file + readFileSync(file, 'utf8')));
  for (const file of files) own.delete(file);
  return written(`then-${folders.map((folder) => basename(folder)).join('-')}`, files);
});
const first = longest.map((file, index) =>
  written(`first-${10 + index}-${basename(file, '.test.js')}`, [file]),
);
process.stdout.write([...first, ...together, ...own].join('\n'));
