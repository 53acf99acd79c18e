import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { installCommand } from './binary.ts';
import { atLeast, parseVersion } from './version.ts';

test('Debian’s nginx', () => {
  const output = `nginx version: nginx/1.22.1
built with OpenSSL 3.0.17 1 Jul 2025 (running with OpenSSL 3.0.16 11 Feb 2025)
TLS SNI support enabled
configure arguments: --with-cc-opt='-g -O2' --prefix=/usr/share/nginx --with-stream=dynamic
`;
  assert.deepEqual(parseVersion(output), {
    version: '1.22.1',
    openssl: 'OpenSSL 3.0.16',
    buildArguments: "--with-cc-opt='-g -O2' --prefix=/usr/share/nginx --with-stream=dynamic",
  });
});

test('its relatives', () => {
  const versionOf = (output: string) => parseVersion(output).version;
  assert.equal(
    versionOf('nginx version: nginx/1.18.0 (Ubuntu)\nbuilt with OpenSSL 1.1.1f  31 Mar 2020\n'),
    '1.18.0',
  );
  assert.equal(versionOf('nginx version: openresty/1.21.4.1\n'), '1.21.4.1');
  assert.equal(versionOf('Angie version: Angie/1.4.0\n'), '1.4.0');
  assert.equal(parseVersion('nginx version: nginx/1.27.0\nbuilt by gcc 12\n').openssl, null);
  assert.equal(
    parseVersion('nginx version: nginx/1.28.0\nbuilt with LibreSSL 3.9.2\n').openssl,
    'LibreSSL 3.9.2',
  );
});

test('something else', () => {
  assert.throws(() => parseVersion('GNU Make 4.3'), Problem);
});

test('versions compare by number', () => {
  assert.equal(atLeast('1.25.1', '1.25.1'), true);
  assert.equal(atLeast('1.26.0', '1.25.1'), true);
  assert.equal(atLeast('1.22.1', '1.25.1'), false);
  assert.equal(atLeast('1.9.15', '1.25.1'), false);
  assert.equal(atLeast('1.25', '1.25.1'), false);
  assert.equal(atLeast('2.0', '1.25.1'), true);
});

test('each system gets its own install command', () => {
  const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
  assert.match(installCommand('linux', debian) ?? '', /^sudo apt-get install nginx/);
  assert.match(installCommand('linux', 'ID=linuxmint\nID_LIKE="ubuntu debian"\n') ?? '', /^sudo apt-get/);
  assert.match(installCommand('linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n') ?? '', /^sudo dnf/);
  assert.match(installCommand('linux', 'ID=alpine\n') ?? '', /^sudo apk/);
  assert.equal(installCommand('darwin', ''), 'brew install nginx');
  assert.equal(installCommand('linux', 'ID=nixos\n'), null);
});
