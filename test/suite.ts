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

/** A file that starts processes, opens connections or sleeps waits for them, and the others would wait with it. */
const WAITS =
  /launchBrowser|through-nginx|node:(child_process|worker_threads|net|tls|https?|timers\/promises)'|from 'ws'|(connection|experiment|own|ring|small-load|start|up)\.test\.fixture|\/(affinity|process|process-set|servers|waker|warden)\.js'/;

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
const together = GROUPS.map((folders) => {
  const files = folders.flatMap(testsIn).filter((file) => !WAITS.test(file + readFileSync(file, 'utf8')));
  for (const file of files) own.delete(file);
  const path = join(TOGETHER, `${folders.map((folder) => basename(folder)).join('-')}.test.js`);
  writeFileSync(path, files.map((file) => `import ${JSON.stringify(file)};\n`).join(''));
  return path;
});
/** Those that take longest come first. At the end, each would run alone. */
const LONGEST = /on-bun|death|interruption|nginx\/files|agents-through|report\/page|reload\.test|profiles/;
const [first, then] = [true, false].map((longest) =>
  [...own].filter((file) => LONGEST.test(file) === longest),
);
process.stdout.write([...(first ?? []).reverse(), ...together, ...(then ?? [])].join('\n'));
