import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from '../nginx/parse.ts';
import { publicConfiguration } from './configuration.ts';
import { textRedactor } from './text.ts';

/** Words that do not occur in any language that redaction keeps. */
const privateWord = fc
  .tuple(
    fc.stringMatching(/^[a-z]{2,8}$/),
    fc.constantFrom('', '.', '-', '/', '@', '_'),
    fc.stringMatching(/^[a-z]{2,8}$/),
  )
  .map(([left, sign, right]) => `zq${left}${sign}xj${right}`);

const quoted = (word: string) =>
  fc.constantFrom(word, `"${word}"`, `'${word}'`, `~^${word}$`, `https://${word}/x`, `name=${word}:10m`);

test('private words in any argument of any directive appear neither in the configuration nor in sentences', () => {
  fc.assert(
    fc.property(
      fc.array(
        privateWord.chain((word) => fc.tuple(fc.constant(word), quoted(word))),
        { minLength: 5, maxLength: 5 },
      ),
      (pairs) => {
        const words = pairs.map(([word]) => word);
        const [a, b, c, d, e] = pairs.map(([, written]) => written);
        const { text, words: found } = publicConfiguration(
          `# ${words.join(' ')}\nhttp { map $host ${a} { ${b} ${c}; }\n server { server_name ${d}; location ${e} { proxy_pass http://${words[0]}; } } }`,
        );
        const redactText = textRedactor(found);
        const sentence = redactText(pairs.map(([, written]) => `The file names ${written}.`).join(' '));
        for (const word of words) {
          assert.ok(!text.includes(word), `${word} in ${text}`);
          assert.ok(!sentence.includes(word), `${word} in ${sentence}`);
        }
        assert.deepEqual(parse(text, 'nginx.conf').length, 1);
      },
    ),
    { numRuns: 300 },
  );
});

test('text that cannot be parsed as a configuration is hidden completely', () => {
  assert.equal(publicConfiguration('http { server_name alice').text, '…');
});

test('sentences of the bench remain unchanged', () => {
  const redactText = textRedactor(['nginx', 'on']);
  for (const text of [
    'response.p99 was 3.2 ms at 8.9k/s, cpuPerMessage.proxy 20.9 µs: 12 of 24 runs and/or more.',
    'TLSv1.3, TLS_AES_256_GCM_SHA384; Node v20.20.2 and OpenSSL 3.0.19 on nginx 1.22.1, see result.json.',
    'It listens on 127.0.0.1:8080, e.g. for 2 Nginx workers (http.requestsPerSecond, messages.perSecond).',
    'Raise worker_connections in nginx.conf: 100 % of the CPUs’ time; +12 % against plain.',
  ])
    assert.equal(redactText(text), text);
});

const ADDRESSES = [
  '10.20.30.40',
  '192.168.1.7',
  '2001:db8::7',
  '2001:4860:4860:0:0:0:0:8888',
  '2001:4860:4860::8888',
  'fe80::1',
  '::ffff:10.20.30.40',
  '1::',
];
/** Addresses that every machine has, and texts that only look like addresses. */
const NO_ADDRESSES = ['127.0.0.1', '::1', '::', '12:38:05', '1.22.1', '3.0.19', '10:20'];

test('IPv4 and IPv6 addresses in sentences are hidden, also in brackets and with ports, except loopback', () => {
  const redactText = textRedactor([]);
  for (const address of ADDRESSES) {
    assert.equal(redactText(`It is ${address}.`), 'It is ….');
    assert.equal(redactText(`client: ${address}, server`), 'client: …, server');
    if (address.includes(':')) {
      assert.equal(redactText(`upstream [${address}]:8080 (of 2)`), 'upstream […]:8080 (of 2)');
      assert.equal(redactText(`from ${address}%eth0 on`), 'from … on');
    } else assert.equal(redactText(`upstream ${address}:8080`), 'upstream …:8080');
  }
  for (const other of NO_ADDRESSES)
    for (const text of [`It is ${other} now.`, `It is [${other}]:8080.`])
      assert.equal(redactText(text), text);
});

test('whole addresses in configurations are hidden', () => {
  for (const address of ADDRESSES.filter((each) => each.includes(':'))) {
    for (const line of [`listen [${address}]:443 ssl;`, `allow ${address};`, `allow ${address}/64;`]) {
      const { text, words } = publicConfiguration(`http { ${line} }`);
      assert.match(text, /^http \{\s+(listen \[…\]:443 ssl|allow …);\s+\}\s*$/, line);
      assert.ok(words.has(address), [...words].join());
    }
  }
  assert.match(
    publicConfiguration('listen [::1]:443; listen [::]:80;').text,
    /\[::1\]:443;\s+listen \[::\]:80;/,
  );
});

test("Nginx's own variables are kept in both notations, and the user's are hidden in both", () => {
  for (const line of ['proxy_set_header Host $host;', `proxy_set_header Host $\{host};`])
    assert.ok(publicConfiguration(line).text.includes(line), line);
  for (const line of ['proxy_set_header Host $alice;', `proxy_set_header Host $\{alice};`])
    assert.ok(!publicConfiguration(line).text.includes('alice'), line);
});

test('words are hidden regardless of case, as whole words, longer words before shorter ones', () => {
  const redactText = textRedactor(['chat', 'chat-room-7', 'al', 'alice']);
  assert.equal(
    redactText('ALICE of Chat-Room-7 and chat, in "chat": alicette, al.'),
    '… of … and …, in "…": alicette, al.',
  );
});
