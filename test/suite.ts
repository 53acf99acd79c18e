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
      .concat('server', 'test'),
  ]);

/** A file that starts processes, opens connections or sleeps waits for them, and the others would wait with it. */
const WAITING =
  /node:(child_process|worker_threads|net|tls|https?|timers\/promises)'|from 'ws'|through-nginx|(agents|connection|experiment|own|ring|small-load|start|up)\.test\.fixture|\/(affinity|process|process-set|servers|waker|warden)\.js'/;
/** Such files share a process with few others of their folder. */
const WAITING_TOGETHER = 4;

/** A file that registers a scenario, starts a browser or replaces the temporary folder would change what others find. */
const ALONE = /addScenario\(|scenarios\/declared|launchBrowser|process\.env\.TMPDIR =/;
/** Files with this check at the end that nothing is left of the processes and files of all of them. */
const CHECKED = /ownTemporaryFolder\(/;

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

/** Test files that share a process. */
interface Together {
  name: string;
  files: string[];
}

/** Writes a file that imports those of a group, and returns its path. */
function written({ name, files }: Together, index: number): string {
  const path = join(WRITTEN, `${100 + index}-${name}.test.js`);
  writeFileSync(path, files.map((file) => `import ${JSON.stringify(file)};\n`).join(''));
  return path;
}

/** Removes from `own` those of the files that match, and returns them. */
function taken(files: readonly string[], matches: (path: string, text: string) => boolean): string[] {
  const found = files.filter((path) => own.has(path) && matches(path, readFileSync(path, 'utf8')));
  for (const path of found) own.delete(path);
  return found;
}

rmSync(WRITTEN, { recursive: true, force: true });
mkdirSync(WRITTEN);
const own = new Set(testsIn('.'));
const longest = taken([...own], (path) => LONGEST.test(path))
  .reverse()
  .map((path): Together => ({ name: basename(path, '.test.js'), files: [path] }));
const alone = taken([...own], (path, text) => ALONE.test(path + text));
const waiting = GROUPS.flat().flatMap((folder) =>
  [true, false].flatMap((isChecked) => {
    const files = taken(
      testsIn(folder),
      (path, text) => WAITING.test(path + text) && CHECKED.test(text) === isChecked,
    );
    const parts = Math.ceil(files.length / WAITING_TOGETHER);
    return Array.from(
      { length: parts },
      (_, part): Together => ({
        name: `${basename(folder)}${isChecked ? '-checked' : ''}-${part + 1}`,
        files: files.filter((_, index) => index % parts === part),
      }),
    );
  }),
);
const busy = GROUPS.map(
  (folders): Together => ({
    name: folders.map((folder) => basename(folder)).join('-'),
    files: taken(folders.flatMap(testsIn), () => true),
  }),
);
// Those that wait leave CPU time to those that compute, so both run at the same time.
const first = [...longest, ...waiting];
const mixed = busy.flatMap((group, index) => [...first.slice(2 * index, 2 * index + 2), group]);
const groups = [...mixed, ...first.slice(2 * busy.length)];
process.stdout.write([...groups.map(written), ...alone, ...own].join('\n'));
