import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Tests that imports.grit allows each folder only the imports in docs/architecture.md. */

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const BIOME = join(PROJECT, 'node_modules/@biomejs/biome/bin/biome');

const JOINED =
  'model wording scenarios measure metrics stats request plan nginx strategy topology load observe diagnose'.split(
    ' ',
  );

/** Folders, by their names below bench/, and packages, apart from Node's own modules. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  model: ['valibot'],
  wording: ['model'],
  scenarios: ['model', 'wording', 'files', 'measure', 'metrics', 'load', '../server/wire'],
  metrics: ['model', 'wording', 'scenarios', 'measure'],
  files: ['model', 'jiti'],
  measure: ['model', 'wording', 'scenarios', 'hdr-histogram-js', 'valibot'],
  stats: ['model'],
  request: ['model', 'wording', 'scenarios', 'metrics'],
  plan: ['model', 'wording', 'scenarios', 'request', 'valibot'],
  strategy: ['model', 'wording', 'scenarios', 'metrics', 'measure', 'stats', 'plan'],
  nginx: ['model', 'wording', 'files', 'topology', 'node:child_process'],
  topology: ['model', 'wording', 'files', 'node:child_process', 'selfsigned'],
  load: [
    'model',
    'scenarios',
    'measure',
    'package.ts',
    '../server/wire',
    '../server/ring',
    'autocannon',
    'ws',
  ],
  observe: ['model', 'wording', 'measure'],
  diagnose: ['model', 'wording', 'scenarios', 'measure'],
  up: ['model', 'nginx', 'topology'],
  agents: ['model', 'measure', 'topology', 'load', 'observe', 'valibot', '@nats-io/transport-node'],
  experiment: JOINED,
  check: ['model', 'wording', 'nginx', 'topology', 'load', '../server/wire'],
  store: ['model', 'scenarios', 'metrics', 'measure', 'valibot'],
  report: ['model', 'wording', 'scenarios', 'metrics', 'measure', 'stats', 'string-width'],
  live: ['model', 'wording', 'report'],
  redact: ['model', 'nginx'],
  site: ['model', 'wording', 'scenarios', 'metrics', 'stats', 'strategy', 'report'],
  commands: [
    ...JOINED,
    'files',
    'up',
    'agents',
    'experiment',
    'check',
    'store',
    'report',
    'live',
    'redact',
    'site',
    'package.ts',
    'log-update',
    'string-width',
  ],
};

const FOLDERS = [
  ...JOINED,
  'files',
  'up',
  'agents',
  'experiment',
  'check',
  'store',
  'report',
  'live',
  'redact',
  'site',
  'commands',
  'another',
  '../server/wire',
  '../server/ring',
  '../server',
  '../test',
];
const NODE = ['node:fs', 'node:fs/promises'];
const PACKAGES = [
  'node:child_process',
  'valibot',
  'hdr-histogram-js',
  'selfsigned',
  'autocannon',
  'ws',
  'chart.js',
  'jiti',
  '@nats-io/transport-node',
  'log-update',
  'string-width',
];

interface Diagnostic {
  category: string;
  severity: string;
  location: { path: string; start: { line: number } };
}

const byLine = (a: Diagnostic, b: Diagnostic) => a.location.start.line - b.location.start.line;

/**
 * Lints sample files with the project's rules.
 *
 * @param files lines of each file, with one import each
 * @returns the rejected specifiers, in order, by file
 */
function refused(t: TestContext, files: Record<string, readonly string[]>): Record<string, string[]> {
  // A checkout may be in a folder that has the same name as one of ours.
  const root = mkdtempSync(join(tmpdir(), 'nginx-ws-bench-lint-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const checkout = join(root, 'bench/server');
  for (const [file, lines] of Object.entries(files)) {
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    writeFileSync(join(checkout, file), `${lines.join('\n')}\n`);
  }
  for (const file of ['biome.json', 'imports.grit', '.gitignore'])
    copyFileSync(join(PROJECT, file), join(checkout, file));
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const { stdout } = spawnSync(process.execPath, [BIOME, ...args], {
    cwd: checkout,
    encoding: 'utf8',
  });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
  const found: Record<string, string[]> = Object.fromEntries(Object.keys(files).map((file) => [file, []]));
  for (const { category, severity, location } of diagnostics.toSorted(byLine)) {
    if (category !== 'plugin') continue;
    assert.equal(severity, 'error');
    const line = files[location.path]?.[location.start.line - 1] ?? '';
    found[location.path]?.push(/'(.*)'/.exec(line)?.[1] ?? line);
  }
  return found;
}

const specifiers = (steps: number) => [
  './x.ts',
  './within/x.ts',
  ...FOLDERS.map((folder) => `${'../'.repeat(steps)}${folder}/x.ts`),
  `${'../'.repeat(steps)}cli.ts`,
  `${'../'.repeat(steps)}package.ts`,
  ...NODE,
  ...PACKAGES,
];
const importing = (of: readonly string[]) => of.map((specifier) => `import '${specifier}';`);

describe('the imports that a folder may use', () => {
  const folders = readdirSync(join(PROJECT, 'bench'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it('every folder of bench has a rule, and every rule has a folder', () => {
    const rules = readFileSync(join(PROJECT, 'imports.grit'), 'utf8').matchAll(/\$from <: r"(\w+)",\s+\$to/g);
    const named = [...rules].map(([, name]) => name);
    assert.deepEqual(
      named.toSorted(),
      [...folders, 'page', 'ring', 'sections', 'server', 'package'].toSorted(),
    );
    assert.deepEqual(folders.toSorted(), Object.keys(MAY_IMPORT).toSorted());
  });

  it('are those that its rule allows, in the folder and its subfolders', (t) => {
    const files: Record<string, string[]> = {};
    const expected: Record<string, string[]> = {};
    for (const [folder, may] of Object.entries(MAY_IMPORT)) {
      for (const [file, steps] of [
        [`bench/${folder}/probe.ts`, 1],
        [`bench/${folder}/within/probe.ts`, 2],
      ] as const) {
        const allowed = may.map((name) =>
          FOLDERS.includes(name)
            ? `${'../'.repeat(steps)}${name}/x.ts`
            : name.replace(/^package\.ts$/, `${'../'.repeat(steps)}$&`),
        );
        files[file] = importing(specifiers(steps));
        if (steps === 2) files[file].push(...importing(['../x.ts', '../beside/x.ts']));
        expected[file] = specifiers(steps).filter(
          (specifier) =>
            !specifier.startsWith('./') && !NODE.includes(specifier) && !allowed.includes(specifier),
        );
      }
    }
    assert.deepEqual(refused(t, files), expected);
  });

  it('are fewer in the page and in code shared by both ends of a WebSocket', (t) => {
    const others = ['../x.ts', '../../model/x.ts', '../bench/load/x.ts', '../../bench/model/x.ts'];
    const packages = [...NODE, ...PACKAGES];
    const probe = importing(['./x.ts', ...others, ...packages]);
    const outside = ['../bench/load/x.ts', '../bench/cli.ts', '../test/x.ts', '../../x.ts'];
    assert.deepEqual(
      refused(t, {
        'bench/report/page/probe.ts': probe,
        'bench/live/page/probe.ts': probe,
        'bench/up/page/probe.ts': probe,
        'server/wire/probe.ts': probe,
        'server/ring/probe.ts': probe,
        'server/probe.ts': importing(['./x.ts', './wire/x.ts', './ring/x.ts', ...outside, ...packages]),
        'bench/cli.ts': importing(['./commands/x.ts', ...outside, ...PACKAGES]),
      }),
      {
        'bench/report/page/probe.ts': [...others, ...packages.filter((name) => name !== 'chart.js')],
        'bench/live/page/probe.ts': [...others, ...packages.filter((name) => name !== 'chart.js')],
        'bench/up/page/probe.ts': [...others, ...packages.filter((name) => name !== 'chart.js')],
        'server/wire/probe.ts': [...others, ...PACKAGES],
        'server/ring/probe.ts': [...others, ...PACKAGES],
        'server/probe.ts': [...outside, ...PACKAGES.filter((name) => name !== 'ws')],
        'bench/cli.ts': [...outside, ...PACKAGES],
      },
    );
  });

  it('are the same for each form of import; tests are exempt, but those of server must not use bench', (t) => {
    const forms = [
      "import type { X } from '../plan/1.ts';",
      "import { type X } from '../plan/2.ts';",
      "export * from '../plan/3.ts';",
      "export { x } from '../plan/4.ts';",
      "export const x = await import('../plan/5.ts');",
    ];
    const free = importing(['../plan/x.ts', '../../server/x.ts', '../../test/x.ts', 'ws', 'fast-check']);
    assert.deepEqual(
      refused(t, {
        'bench/load/probe.ts': forms,
        'bench/load/probe.test.ts': free,
        'bench/load/probe.bench.ts': free,
        'bench/load/probe.test.fixture.ts': free,
        'server/probe.test.ts': importing(['../bench/load/x.ts', '../test/x.ts', 'fast-check']),
        'server/wire/probe.test.fixture.ts': importing(['../../bench/model/x.ts', '../x.ts']),
      }),
      {
        'bench/load/probe.ts': [1, 2, 3, 4, 5].map((i) => `../plan/${i}.ts`),
        'bench/load/probe.test.ts': [],
        'bench/load/probe.bench.ts': [],
        'bench/load/probe.test.fixture.ts': [],
        'server/probe.test.ts': ['../bench/load/x.ts'],
        'server/wire/probe.test.fixture.ts': ['../../bench/model/x.ts'],
      },
    );
  });
});
