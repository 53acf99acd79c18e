import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeOpenFolder } from '../../test/folder.ts';
import type { ConfigurationOptions } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import type { Facts } from '../model/finding.ts';
import { findNginx, type NginxBinary } from '../nginx/binary.ts';
import { PRIVATE_FOLDER_PREFIX } from '../topology/private-folder.ts';
import { remedied, SOUND, UPGRADE } from './check.test.fixture.ts';
import { type CheckReport, check } from './check.ts';

/** Contains one fault of each kind, so that few runs of Nginx show all of them. */
const TROUBLED = `worker_shutdown_timeout 30s;
events { worker_connections 64; }
http {
map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
proxy_cache_path /var/cache keys_zone=c:1m;
upstream hashed { ip_hash; server 10.0.0.1; server 10.0.0.2; server 10.0.0.3 down; }
server {
listen 80; server_name plain.example.org;
location /socket { proxy_pass http://10.0.0.1; }
location /ws { proxy_pass http://10.0.0.1; ${UPGRADE.replaceAll('\n', ' ')} }
location /hashed { proxy_pass http://hashed; ${UPGRADE.replaceAll('\n', ' ')} }
location /cached { proxy_cache c; proxy_cache_valid any 1m; proxy_pass http://10.0.0.1; ${UPGRADE.replaceAll('\n', ' ')} }
}
server {
listen 443 ssl; server_name tls.example.org; ssl_session_tickets off;
location /ws { proxy_pass http://10.0.0.1; ${UPGRADE.replaceAll('\n', ' ')} }
}
}
`;

const OPTIONS: ConfigurationOptions = {
  roots: [],
  envFile: null,
  keepGuards: false,
  websocketPath: null,
  host: null,
  headers: [],
};

let root: string;
let binary: NginxBinary;
before(async () => {
  root = makeOpenFolder(join(tmpdir(), 'check-test-'));
  // The check's private folders are in this one, so they can be distinguished from those of other tests.
  process.env.TMPDIR = root;
  binary = await findNginx({
    source: null,
    searchPath: process.env.PATH ?? '',
    cacheDir: fileURLToPath(new URL('../../../.cache', import.meta.url)),
    say: () => {},
  });
});
after(() => rm(root, { recursive: true, force: true }));

/** Returns the command lines of processes that use a private folder of these tests, by pid. */
async function running(): Promise<Map<number, string>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')),
  );
  const all = pids.map((pid, index) => [pid, lines[index] ?? ''] as const);
  return new Map(all.filter(([, line]) => line.includes(join(root, PRIVATE_FOLDER_PREFIX))));
}

/** Returns the pid of the first process of a check that has just started; null if it ends first. */
async function firstProcess(check: Promise<unknown>): Promise<number | null> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  check.then(over, over);
  while (!isOver) {
    const [pid] = (await running()).keys();
    if (pid !== undefined) return pid;
    await sleep(5);
  }
  return null;
}

const NEVER = new AbortController().signal;

async function checked(text: string, signal = NEVER, configuration = OPTIONS): Promise<CheckReport> {
  const path = join(root, 'nginx.conf');
  await writeFile(path, text);
  return check({ path, text: null, configuration, binary, signal, urgent: NEVER, say: assert.fail });
}

describe('check, through a real Nginx', () => {
  let report: CheckReport;
  before(async () => {
    report = await checked(TROUBLED);
  });
  const found = (rule: string, line: number) => {
    const finding = report.findings.find((each) => each.rule === rule && each.origin?.line === line);
    assert.ok(finding, `${rule} at line ${line}`);
    return finding;
  };

  it('opens WebSockets through each location of every server, and reports which echo', () => {
    const outcomes = report.candidates.map((candidate) => {
      const { handshake } = report.seen?.locations.get(candidate) ?? {};
      return `${candidate.path} ${candidate.host} ${handshake?.outcome}`;
    });
    assert.deepEqual(outcomes, [
      '/socket plain.example.org status-426',
      '/ws plain.example.org echoed',
      '/hashed plain.example.org echoed',
      '/cached plain.example.org echoed',
      '/ws tls.example.org echoed',
    ]);
  });

  it('observes each location, but nothing more of one that does not open', () => {
    const observed = report.candidates.map((candidate) => {
      const { trace, passed, cache, idle } = report.seen?.locations.get(candidate) ?? assert.fail();
      return [trace?.response?.status, passed, cache?.afterGet ?? null, idle?.closed?.code ?? null];
    });
    assert.deepEqual(observed, [
      [426, null, null, null],
      [101, null, null, 1006],
      [101, null, null, 1006],
      [101, null, 'status-426', 1006],
      [101, null, null, 1006],
    ]);
    const tls = [...(report.seen?.tls ?? [])].map(([server]) => server);
    assert.deepEqual(tls, [report.candidates[4]?.server]);
  });

  it('detects a handshake that is forwarded as an ordinary request', () => {
    const { level, seen } = found('upgrade', 9);
    assert.deepEqual([level, seen?.status], ['warning', 426]);
    const arrived = seen?.data.arrived as Facts | undefined;
    assert.deepEqual([seen?.code, arrived?.upgrade], ['handshake-answered', null]);
  });

  it('detects that a silent WebSocket is cut without a close frame', () => {
    assert.equal(found('idle-timeout', 10).seen?.closeCode, 1006);
    found('idle-timeout', 16);
  });

  it('detects a cached 426', () => {
    const { level, seen } = found('cache', 12);
    assert.deepEqual([level, seen?.status], ['error', 426]);
    assert.deepEqual([seen?.code, seen?.data.together, seen?.data.reached], ['cache-answered', 4, 0]);
  });

  it('measures how many WebSockets a worker accepts', () => {
    const { opened = 0 } = report.seen?.capacity ?? {};
    assert.ok(opened > 0 && opened <= 32, `${opened}`);
    assert.equal(found('worker-connections', 2).seen?.data.opened, opened);
  });

  it('detects clients of one network on the same server, and servers that stay unused after refusing', () => {
    assert.deepEqual(found('ip-hash', 6).seen?.data, { clients: 6, servers: 1 });
    const { seen } = found('max-fails', 6);
    assert.equal(seen?.status, 502);
    const [{ spread, recovery } = assert.fail(), ...others] = report.seen?.upstreams.values() ?? [];
    assert.deepEqual([spread, recovery?.tried, others], [{ clients: 6, servers: 1 }, 2, []]);
  });

  it('observes the effects of TLS and of a reload, and when the log is written', () => {
    assert.equal(found('tls-resumption', 15).seen?.code, 'session-not-resumed');
    assert.equal(found('worker-shutdown-timeout', 1).seen?.closeCode, 1006);
    assert.equal(found('access-log', 10).seen?.code, 'log-at-close');
  });

  it('leaves nothing behind, and nothing running', async () => {
    assert.deepEqual(await readdir(root), ['nginx.conf']);
    assert.deepEqual(await running(), new Map());
  });
});

describe('a check after following the suggestion', () => {
  it('opens WebSockets that failed before', async () => {
    const wrong = `events { worker_connections 20000; }
http {
server { listen 80; location /ws { proxy_pass http://10.0.0.1; proxy_read_timeout 1h; } }
}
`;
    const before = await checked(wrong);
    const finding = before.findings.find(({ rule }) => rule === 'upgrade');
    assert.ok(finding);
    assert.deepEqual([finding.level, finding.seen?.status], ['error', 426]);
    const fixed = await checked(remedied(wrong, finding));
    assert.deepEqual(
      fixed.findings.filter(({ level }) => level === 'error'),
      [],
    );
    assert.equal([...(fixed.seen?.locations.values() ?? [])][0]?.handshake.outcome, 'echoed');
  });
});

describe('a check of a configuration that cannot be run', () => {
  it('reports Nginx’s error at its line, and what follows from the text alone', async () => {
    const report = await checked(
      `events {}\nhttp { server { listen 80;\n${SOUND.replace('1h', 'soon')} } }\n`,
    );
    const [worst] = report.findings;
    assert.deepEqual([worst?.rule, worst?.level, worst?.origin?.line], ['refused', 'error', 3]);
    assert.equal(worst?.code, 'configuration-rejected');
    // In Nginx's own words.
    assert.match(String(worst?.data.reason), /"proxy_read_timeout" directive invalid value/);
    assert.equal(report.tried, false);
    assert.ok(report.findings.some(({ rule }) => rule === 'worker-connections'));
  });

  it('suggests the intended directive, even if the misspelt one has an address', async () => {
    const { findings } = await checked(
      `events {}\nhttp { server { listen 80;\n${SOUND.replace('proxy_pass', 'proxy_pas')} } }\n`,
    );
    const [worst] = findings;
    assert.deepEqual([worst?.code, worst?.origin?.line], ['configuration-rejected', 3]);
    assert.match(String(worst?.data.reason), /"proxy_pas".*"proxy_pass"/);
    assert.ok(!findings.some(({ code }) => code === 'no-proxied-location'));
  });

  it('shows no secret, neither in data nor in text', async () => {
    const headers = [{ name: 'X-Key', value: 'not-for-you' }];
    const { findings } = await checked('events {}\nhttp { server { return not-for-you; } }\n', NEVER, {
      ...OPTIONS,
      headers,
    });
    assert.equal(findings[0]?.code, 'configuration-rejected');
    assert.doesNotMatch(JSON.stringify(findings), /not-for-you/);
    assert.match(String(findings[0]?.data.reason), /"\*\*\*"/);
  });

  it('warns of code that it does not run', async () => {
    const lua = `events {}\nhttp { server { listen 80;\nlocation = /x { js_content main.hello; }\n${SOUND} } }\n`;
    const { findings } = await checked(lua);
    const refusal = findings.find(({ rule }) => rule === 'refused');
    assert.deepEqual([refusal?.level, refusal?.origin?.line], ['warning', 3]);
    assert.equal(refusal?.code, 'configuration-not-run');
    assert.match(String(refusal?.data.reason), /^"js_content"/);
  });

  it('reports an error if the file cannot be read, with the line, and if nothing proxies', async () => {
    const broken = await checked('events {}\nhttp {\n');
    assert.deepEqual(
      broken.findings.map(({ rule, level, origin }) => [rule, level, origin?.line]),
      [['refused', 'error', 2]],
    );
    const { findings } = await checked('events {}\nhttp { server { root /srv; } }\n');
    assert.deepEqual([findings[0]?.code, findings[0]?.level], ['no-proxied-location', 'error']);
  });

  it('leaves a missing semicolon to Nginx, whatever it affects', async () => {
    const location = `location /ws {\nproxy_pass http://10.0.0.1;\n${UPGRADE}\n}`;
    const server = (text: string) => `events {}\nhttp {\nserver {\n${text}\n}\n}\n`;
    for (const [text, line] of [
      [server(`listen 80\n${location}`), 4],
      [server(`server_name a.org\n${location}`), 4],
      [server(location.replace('10.0.0.1;', '10.0.0.1')), 5],
    ] as const) {
      const { findings, tried } = await checked(text);
      const [worst] = findings;
      assert.deepEqual(
        [worst?.rule, worst?.level, worst?.origin?.line, tried],
        ['refused', 'error', line, false],
      );
      assert.ok(!findings.some(({ code }) => code === 'no-proxied-location'));
    }
  });

  it('is a usage error if there is no such file', async () => {
    const input = { configuration: OPTIONS, binary, signal: NEVER, urgent: NEVER, say: assert.fail };
    await assert.rejects(check({ path: join(root, 'none.conf'), text: null, ...input }), (error) => {
      return error instanceof Problem && error.kind === 'usage';
    });
  });

  it('names standard input in every finding, including errors of the parser and Nginx', async () => {
    const input = { configuration: OPTIONS, binary, signal: NEVER, urgent: NEVER, say: assert.fail };
    for (const [text, code, line] of [
      ['events {}\nhttp {\n', 'configuration-rejected', 2],
      ['events {}\nhttp {\nserver { root a b; }\n}\n', 'configuration-rejected', 3],
      ['events {}\nhttp { }\n', 'no-proxied-location', 1],
    ] as const) {
      const { path, findings } = await check({ path: 'stdin', text, ...input });
      const [worst] = findings;
      assert.deepEqual([path, worst?.code, worst?.origin], ['stdin', code, { file: 'stdin', line }]);
    }
  });

  it('reports a process that died, and no observations made without it', async () => {
    // The second trial waits for silent WebSockets. On a busy machine it may be over before its Nginx is found, which
    // is then killed as it ends anyway.
    for (let attempt = 1; ; attempt++) {
      let isOver = false;
      const error = checked(TROUBLED)
        .then(
          () => null,
          (reason: unknown) => reason,
        )
        .finally(() => {
          isOver = true;
        });
      let master = 0;
      while (master === 0 && !isOver) {
        await sleep(2);
        const [folder] = (await readdir(root)).filter((name) => name.startsWith(PRIVATE_FOLDER_PREFIX));
        if (folder === undefined) continue;
        master = Number(await readFile(join(root, folder, 'short', 'nginx.pid'), 'latin1').catch(() => ''));
      }
      // It may have just ended.
      if (master !== 0) spawnSync('kill', ['-KILL', String(master)]);
      const told = await error;
      if (told === null && attempt < 5) continue;
      assert.ok(told instanceof Problem && told.kind === 'died', String(told));
      return;
    }
  });

  it('rejects with the signal’s reason when it is stopped', async () => {
    const stop = new AbortController();
    const stopped = checked(TROUBLED, stop.signal);
    assert.ok(await firstProcess(stopped));
    stop.abort(new Error('stopped here'));
    await assert.rejects(stopped, /stopped here/);
    assert.deepEqual(await readdir(root), ['nginx.conf']);
    assert.deepEqual(await running(), new Map());
  });
});
