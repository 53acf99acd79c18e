import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { ShippedTuning } from '../model/profile.ts';
import { loadTunings } from '../plan/tuning.ts';
import { parseRequest } from '../request/request.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { PROFILES, setUpBench } from './start.test.fixture.ts';
import { checkNginx, REJECTED_BY_NGINX, writeConfiguration } from './start.ts';
import { directives, type Node, texts } from './tree.ts';
import { lackOfResolving, needNameServer } from './tuned.ts';

const bench = setUpBench();

/** Profiles on which each tuning is tested. Those for `http` apply to every profile that has it. */
const NAMES = [
  ...['accept-mutex', 'access-log-off', 'backlog-16', 'buf-16k', 'buf-64k', 'epoll-events-1'],
  ...['epoll-events-8', 'keepalive-1', 'ktls', 'max-fails-1'],
  ...['multi-accept', 'nodelay-off', 'placebo', 'read-timeout-5s', 'resolve', 'reuseport', 'send-timeout-5s'],
  ...['session-cache-off'],
  ...['shutdown-timeout-10s', 'ssl-buf-4k', 'tickets-off', 'zone'],
];

let tunings: ShippedTuning[];
before(async () => {
  tunings = await loadTunings(join(PROFILES, 'tunings'));
});

function tuningNamed(name: string): ShippedTuning {
  const tuning = tunings.find((each) => each.name === name);
  assert.ok(tuning, name);
  return tuning;
}

/** Returns the profiles of a tuning: those that it names, or all that have its outermost blocks. */
async function profilesFor({ text, profiles }: ShippedTuning): Promise<string[]> {
  const blocks = parse(text, 'tuning').flatMap((node) =>
    node.kind === 'directive' && node.block !== null ? [node.name] : [],
  );
  const fitting: string[] = [];
  for (const { name, configurationPath } of bench.profiles) {
    if (configurationPath === null || !(profiles?.includes(name) ?? true)) continue;
    const tree = await bench.profileTree(name);
    if (blocks.every((block) => directives(tree, block).length > 0)) fitting.push(name);
  }
  return fitting;
}

/** Lists a tuning's directives without a block, and the parameters of each `listen` and `server`. */
function statements(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'comment') return [];
    if (node.block !== null) return statements(node.block);
    if (node.name === 'listen') return texts(node);
    // The sandbox replaces the address.
    if (node.name === 'server' || node.name === 'resolver') return texts(node).slice(1);
    return [`${[node.name, ...texts(node)].join(' ')};`];
  });
}

describe('every tuning', () => {
  for (const name of NAMES) {
    test(`${name} applies to each of its profiles, is kept by the sandbox, and is accepted by nginx -t`, async () => {
      const tuning = tuningNamed(name);
      const fitting = await profilesFor(tuning);
      assert.ok(fitting.length > 0);
      assert.deepEqual(
        (tuning.profiles ?? []).filter((each) => !fitting.includes(each)),
        [],
        'a named profile exists and has the blocks',
      );
      for (const profile of fitting) {
        const nameServer = needNameServer([tuning]) ? '127.0.0.1:53' : null;
        const tree = await bench.profileTree(profile, [tuning]);
        const moved = await bench.sandbox(tree, { reuseport: false, nameServer });
        const { text } = print(moved.tree);
        for (const statement of statements(parse(tuning.text, name)))
          assert.ok(text.includes(statement), `${profile}: ${statement}`);
        // Only the first profile is checked with nginx -t, because each check needs a process.
        if (profile !== fitting[0]) continue;
        const { confPath, origins } = await writeConfiguration(moved.folder, moved.tree);
        const checked = () => checkNginx(bench.binary, confPath, moved.folder, origins);
        const isTooOld = lackOfResolving({ tunings: [tuning] }, bench.binary) !== null;
        if (isTooOld) await assert.rejects(checked(), { code: REJECTED_BY_NGINX });
        else assert.deepEqual(await checked(), []);
      }
    });
  }

  test('is tested here, and differs from the profile’s default', async () => {
    assert.deepEqual(
      tunings.map(({ name }) => name),
      NAMES,
    );
    for (const tuning of tunings) {
      const [profile = ''] = await profilesFor(tuning);
      const [without, within] = [
        await bench.profileTree(profile),
        await bench.profileTree(profile, [tuning]),
      ];
      assert.notEqual(print(within).text, print(without).text, tuning.name);
    }
  });

  test('names load options that `compare` accepts', () => {
    for (const { name, load } of tunings) {
      const options = load.split(' ').filter((word) => word !== '');
      const request = parseRequest(['compare', 'tls', `tls+${name}`, ...options]);
      assert.equal(request.command, 'compare', name);
    }
  });
});
