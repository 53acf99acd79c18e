import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { COMMANDS, optionsOf } from '../request/request.ts';
import { fakeServices, obey, temporaryFolder } from './services.test.fixture.ts';

/** Returns the script that the command prints. */
async function scriptOf(shell: string): Promise<string> {
  const { code, out } = await obey(['completion', shell], fakeServices());
  assert.equal(code, 0);
  return out;
}

const BASH = await scriptOf('bash');
/**
 * Reads lines of words separated by tabs, and prints what the function registered by the script proposes for each line.
 */
const ASK = `
function=$(complete -p nginx-ws-bench | sed 's/.*-F \\([^ ]*\\).*/\\1/')
while IFS= read -r line; do
  mapfile -d $'\\t' -t COMP_WORDS < <(printf '%s' "$line")
  [[ $line == *$'\\t' ]] && COMP_WORDS+=('')
  COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
  $function nginx-ws-bench "" "" || :
  printf '%s\\n' "\${COMPREPLY[*]}"
done`;

/** Returns what bash proposes for the last word of each line. The lines do not include the program's name. */
function proposals(lines: readonly (readonly string[])[], cwd = '/'): string[][] {
  const input = lines.map((words) => ['nginx-ws-bench', ...words].join('\t'));
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', BASH + ASK], {
    input: `${input.join('\n')}\n`,
    encoding: 'utf8',
    cwd,
  });
  assert.deepEqual([status, stderr], [0, '']);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').filter((word) => word !== ''));
}

describe('completion in bash', () => {
  it('proposes every command, and every option of each', () => {
    const names = Object.keys(COMMANDS);
    const [first, ...options] = proposals([[''], ...names.map((name) => [name, '--'])]);
    assert.deepEqual(first, [...names, 'help', 'version']);
    for (const [index, command] of Object.values(COMMANDS).entries()) {
      assert.deepEqual(
        options[index],
        Object.keys(optionsOf(command)).map((name) => `--${name}`),
      );
    }
  });

  it('proposes values: choices, profiles with tunings, steps and metrics', () => {
    const cases: [words: string[], proposed: string[]][] = [
      [
        ['--server', ''],
        ['ws', 'lean'],
      ],
      [
        ['-p', ''],
        ['all', 'direct', 'plain', 'tls'],
      ],
      [['-p', 'direct,t'], ['direct,tls']],
      [
        ['--profile', '=', 'tls+'],
        ['tls+buf-16k', 'tls+placebo'],
      ],
      [
        ['--profile', '='],
        ['all', 'direct', 'plain', 'tls'],
      ],
      [['--profile', 'plain,tls+buf-16k+p'], ['plain,tls+buf-16k+placebo']],
      [['-c', '10', '--steps', 'throughput,l'], ['throughput,latency']],
      [['compare', 'tls', 'tls+b'], ['tls+buf-16k']],
      [['compare', 'tls,'], []],
      [
        ['check', '--format', ''],
        ['text', 'json', 'sarif', 'github'],
      ],
      [
        ['up', '-p', ''],
        ['direct', 'plain', 'tls'],
      ],
      [
        ['up', '--reply', ''],
        ['you-said', 'echo'],
      ],
      [['--threshold', 'messages.l'], ['messages.lost']],
      [['--rate', ''], []],
      [['profiles', ''], []],
      [['completion', 'b'], ['bash']],
      [
        ['help', 'com'],
        ['compare', 'completion'],
      ],
      [['--no-h'], ['--no-http']],
    ];
    assert.deepEqual(
      proposals(cases.map(([words]) => words)),
      cases.map(([, proposed]) => proposed),
    );
  });

  it('proposes files and folders for paths', async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(join(folder, 'sites'));
    await writeFile(join(folder, 'site.conf'), '');
    const asked = [
      ['--conf', 'si'],
      ['--reports', 'si'],
      ['report', 'si'],
    ];
    const [files, folders, operands] = proposals(asked, folder);
    assert.deepEqual(files?.toSorted(), ['site.conf', 'sites']);
    assert.deepEqual(folders, ['sites']);
    assert.deepEqual(operands?.toSorted(), ['site.conf', 'sites']);
  });
});

for (const [shell, option] of [
  ['zsh', (name: string) => `--${name}`],
  ['fish', (name: string) => ` -l ${name} `],
] as const) {
  it(`the script for ${shell} has every option of every command, and is valid in that shell`, async (t) => {
    const script = await scriptOf(shell);
    for (const command of Object.values(COMMANDS))
      for (const name of Object.keys(optionsOf(command))) assert.ok(script.includes(option(name)), name);
    const file = join(await temporaryFolder(t), 'script');
    await writeFile(file, script);
    // If the shell is not installed, the script cannot be checked any further.
    const { error, status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    if (error === undefined) assert.deepEqual([status, stderr], [0, '']);
    else assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
  });
}

it('the script for fish only completes operands after a command that has some', async () => {
  const lines = (await scriptOf('fish')).split('\n');
  const later = lines.filter((line) => line.includes('; and not __nginx_ws_bench_first'));
  const named = later.map((line) => /__nginx_ws_bench_in (\w+);/.exec(line)?.[1]);
  assert.ok(named.includes('completion') && named.includes('report') && named.includes('compare'));
  assert.ok(!named.includes('profiles') && !named.includes('doctor'), named.join(' '));
  const endOf = (command: string) =>
    later.find((line) => line.includes(`_in ${command};`))?.split("first' ")[1];
  assert.equal(endOf('completion'), "-f -a 'bash zsh fish'");
  assert.match(endOf('compare') ?? '', /^-f -a '\(__nginx_ws_bench_variants (list|one)\)'$/);
});

it('an unknown shell is rejected with the names of the known ones', async () => {
  for (const [argv, sentence] of [
    [['fihs'], /bash, zsh, fish\. Did you mean fish\?/],
    [[], /bash, zsh, fish\. For example/],
    [['bash', 'zsh'], /bash, zsh, fish\. For example/],
  ] as const) {
    const { code, said, out } = await obey(['completion', ...argv], fakeServices());
    assert.deepEqual([code, out], [2, '']);
    assert.match(said.join('\n'), sentence);
  }
});
