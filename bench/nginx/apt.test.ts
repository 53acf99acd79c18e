import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { dependenciesOf } from './apt.ts';

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
