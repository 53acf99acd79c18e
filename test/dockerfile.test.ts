import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';

const TEXT = readFileSync(new URL('../../deploy/Dockerfile', import.meta.url), 'utf8');

/** Returns the linter's findings, and violations of relevant rules of hadolint (github.com/hadolint/hadolint). */
function complaints(text: string): string[] {
  const file = DockerfileParser.parse(text);
  const instructions = file.getInstructions();
  const of = (keyword: string) => instructions.filter((each) => each.getKeyword() === keyword);
  const argumentsOf = (keyword: string) => of(keyword).map((each) => each.getRawArgumentsContent() ?? '');
  const stages = file.getFROMs();
  const user = argumentsOf('USER').at(-1) ?? 'root';
  const scripts = argumentsOf('RUN');
  const rules: Record<string, boolean> = {
    'DL3002 last USER is root': /^(root|0)\b/.test(user),
    'DL3003 cd instead of WORKDIR': scripts.some((script) => /\bcd\s/.test(script)),
    'DL3004 sudo': scripts.some((script) => /\bsudo\b/.test(script)),
    'DL3006 image without a digest': stages.some((stage) => stage.getImageDigest() === null),
    'DL3007 tag latest': stages.some((stage) => /:latest\b/.test(stage.getImage() ?? '')),
    'DL3009 lists of apt kept': scripts.some(
      (script) => /apt-get update/.test(script) && !/rm -rf \/var\/lib\/apt\/lists\/\*/.test(script),
    ),
    'DL3014 apt-get asks': scripts.some((script) => /apt-get install (?!.*--yes)/s.test(script)),
    'DL3015 recommended packages': scripts.some((script) =>
      /apt-get install (?!.*--no-install-recommends)/s.test(script),
    ),
    'DL3020 ADD': of('ADD').length > 0,
    'DL3025 CMD or ENTRYPOINT as a string': [...argumentsOf('CMD'), ...argumentsOf('ENTRYPOINT')].some(
      (words) => !words.startsWith('['),
    ),
    'DL4006 pipe without pipefail': scripts.some((script) => /[^|]\|[^|]/.test(script)),
    'secret in ENV or ARG': [...argumentsOf('ENV'), ...argumentsOf('ARG')].some((words) =>
      /token|secret|password|credential/i.test(words),
    ),
  };
  const found = Object.entries(rules).flatMap(([rule, isBroken]) => (isBroken ? [rule] : []));
  return [...validate(text).map(({ message }) => String(message)), ...found];
}

test('the linter and the rules find nothing in the Dockerfile', () => {
  assert.deepEqual(complaints(TEXT), []);
});

test('the linter and the rules detect faults', () => {
  for (const [right, wrong, complaint] of [
    ['WORKDIR /work', 'WORKDIRS /work', /Unknown instruction: WORKDIRS/],
    ['--from=package', '--form=package', /Unknown flag: form/],
    ['USER 1000:1000', 'USER root', /DL3002/],
    ['RUN npm install', 'RUN cd /package && npm install', /DL3003/],
    [/@sha256:\w+/, '', /DL3006/],
    [/rm -rf \S+/, 'true', /DL3009/],
    ['--yes ', '', /DL3014/],
    ['--no-install-recommends ', '', /DL3015/],
    ['COPY nginx', 'ADD nginx', /DL3020/],
    ['CMD ["--help"]', 'CMD --help', /DL3025/],
    ['ENV PATH', 'ENV NATS_TOKEN=x PATH', /secret/],
  ] as const) {
    const changed = TEXT.replace(right, wrong);
    assert.notEqual(changed, TEXT, String(right));
    assert.match(complaints(changed).join('\n'), complaint);
  }
});

test('Kubernetes can verify that its user is not root', () => {
  const users = DockerfileParser.parse(TEXT)
    .getInstructions()
    .filter((each) => each.getKeyword() === 'USER');
  assert.match(users.at(-1)?.getRawArgumentsContent() ?? '', /^[1-9]\d*:[1-9]\d*$/);
});
