import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import { reasonOf } from '../model/system-error.ts';
import type { Execute } from '../topology/workplace.ts';
import { dependenciesOf, privateApt, requireApt } from './apt.ts';

/** Prints the requested fields, like dpkg-deb. */
const DPKG_DEB = `#!/bin/sh
shift 2
for field in "$@"; do
  case $field in
    Depends) echo 'Depends: libc6 (>= 2.34), libpcre2-8-0 | libpcre3, perl:any' ;;
    Pre-Depends) echo 'Pre-Depends: init-system-helpers (>= 1.54~)' ;;
    *) echo "$field: not-a-dependency" ;;
  esac
done
`;

test('an archive’s dependencies come from both fields, without versions, and with only the first alternative', (t) =>
  inFolder(async (folder) => {
    const { PATH } = process.env;
    t.after(() => {
      process.env.PATH = PATH;
    });
    await writeFile(join(folder, 'dpkg-deb'), DPKG_DEB, { mode: 0o755 });
    process.env.PATH = [folder, PATH].join(delimiter);
    const names = await dependenciesOf(join(folder, 'nginx.deb'));
    assert.deepEqual(names.toSorted(), ['init-system-helpers', 'libc6', 'libpcre2-8-0', 'perl']);
  }));

const OWN_SOURCES = `Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
APT::Default-Release "";
Acquire::AllowInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
`;

test('a private apt-get keeps its state in its folder, and may have its own sources', () =>
  inFolder(async (folder) => {
    const calls: unknown[] = [];
    const stop = new AbortController();
    const execute: Execute = async (command, args, { env, ...options } = {}) => {
      calls.push([command, args, options, env?.LC_ALL, env?.PATH === process.env.PATH]);
      return { stderr: '' };
    };
    const apt = await privateApt(folder, null, execute, stop.signal);
    assert.equal(await apt.run(['update', '-x']), null);
    const options = { cwd: folder, timeout: 300_000, signal: stop.signal };
    const configuration = join(folder, 'apt.conf');
    assert.deepEqual(calls, [['apt-get', ['-c', configuration, '-q', 'update', '-x'], options, 'C', true]]);
    const usual = await readFile(configuration, 'utf8');
    assert.ok(
      usual.includes(`Dir::State "${folder}/state";\nDir::State::status "${folder}/state/status";\n`),
    );
    assert.equal(await readFile(join(folder, 'state/status'), 'utf8'), '');
    assert.deepEqual((await readdir(folder)).sort(), ['apt.conf', 'cache', 'state']);
    assert.deepEqual(
      [await readdir(join(folder, 'state/lists')), await readdir(join(folder, 'cache/archives'))],
      [['partial'], ['partial']],
    );
    calls.length = 0;
    const other = await privateApt(folder, 'deb http://a b main', execute, undefined);
    await other.run([]);
    assert.deepEqual(calls, [
      ['apt-get', ['-c', configuration, '-q'], { cwd: folder, timeout: 300_000 }, 'C', true],
    ]);
    const list = join(folder, 'sources.list');
    assert.equal(await readFile(list, 'utf8'), 'deb http://a b main\n');
    assert.equal(
      await readFile(configuration, 'utf8'),
      `${usual}Dir::Etc::sourcelist "${list}";\n${OWN_SOURCES}`,
    );
  }));

test('packages are downloaded together, and unpacked one after another', () =>
  inFolder(async (folder) => {
    const calls: string[] = [];
    const execute: Execute = async (command, args) => {
      calls.push([command, ...args.slice(command === 'apt-get' ? 3 : 0)].join(' '));
      return { stderr: '' };
    };
    const apt = await privateApt(folder, null, execute, undefined);
    for (const name of ['a_1.deb', 'ab_1.deb', 'b_1.deb', 'b_1.txt', 'c_1.txt'])
      await writeFile(join(folder, name), '');
    const archives = ['b_1.deb', 'a_1.deb'].map((name) => join(folder, name));
    assert.deepEqual(await apt.unpack(['b', 'a'], '/to'), archives);
    assert.deepEqual(calls, [
      'apt-get download b a',
      ...archives.map((archive) => `dpkg-deb -x ${archive} /to`),
    ]);
    await assert.rejects(apt.unpack(['c'], '/to'), {
      kind: 'environment',
      message: 'apt-get did not download an archive of c.',
    });
  }));

test('what apt says last is the reason of a failure, and its first warning is returned', () =>
  inFolder(async (folder) => {
    const said = async (stderr: string, failure: object | null) => {
      const execute: Execute = async () => {
        if (failure !== null) throw Object.assign(new Error('exit 1'), { stderr }, failure);
        return { stderr };
      };
      const apt = await privateApt(folder, null, execute, undefined);
      return apt.run(['update']).catch((error: unknown) => {
        assert.ok(error instanceof Problem && error.kind === 'environment');
        return error.message;
      });
    };
    const failed = (reason: string) => `apt-get update failed: ${reason}`;
    assert.deepEqual(
      [
        await said('W: one.\nW: two\nx', null),
        await said('x\n', null),
        await said('W: warned\nE: first\nE:  last.\nW: more', {}),
        await said('dpkg-deb: error: bad', {}),
        await said('W: only', {}),
        await said('E: a', { killed: true }),
        await said('', { code: 'ENOENT' }),
      ],
      [
        'one.',
        null,
        failed('last.'),
        failed('dpkg-deb: error: bad.'),
        failed('only.'),
        failed('no answer within 300 s.'),
        failed(`${reasonOf(Object.assign(new Error('exit 1'), { code: 'ENOENT' }))}.`),
      ],
    );
    const stop = new AbortController();
    const apt = await privateApt(
      folder,
      null,
      async () => {
        stop.abort(new Error('stopped'));
        throw new Error('killed');
      },
      stop.signal,
    );
    await assert.rejects(apt.run([]), /stopped/);
  }));

test('without apt-get or dpkg-deb, nothing can be fetched', (t) =>
  inFolder(async (folder) => {
    const { PATH } = process.env;
    t.after(() => {
      process.env.PATH = PATH;
    });
    process.env.PATH = folder;
    await writeFile(join(folder, 'apt-get'), '#!/bin/sh\n', { mode: 0o755 });
    await assert.rejects(requireApt(), { kind: 'environment' });
    await writeFile(join(folder, 'dpkg-deb'), '#!/bin/sh\n', { mode: 0o755 });
    await requireApt();
  }));
