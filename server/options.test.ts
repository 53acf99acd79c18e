import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseOptions, type ServerOptions, UsageError } from './options.ts';

const DEFAULTS: ServerOptions = {
  port: 8080,
  host: '127.0.0.1',
  socket: null,
  tls: null,
  kind: 'ws',
  carrier: 'sockets',
  reply: 'echo',
  log: false,
  delayMs: 0,
  burnUs: 0,
  pingMs: 0,
  maxPayloadBytes: 16_777_216,
  closeAfter: null,
  backlog: 4096,
};

function assertRejected(argv: readonly string[], sentence: string): void {
  assert.throws(
    () => parseOptions(argv),
    (error) => {
      assert.ok(error instanceof UsageError);
      assert.deepEqual([error.name, error.message], ['UsageError', sentence]);
      return true;
    },
    argv.join(' '),
  );
}

describe('parseOptions', () => {
  it('has a default for every option', () => {
    assert.deepEqual(parseOptions([]), DEFAULTS);
    assert.deepEqual(parseOptions(['--']), DEFAULTS);
  });

  it('each option changes its own value', () => {
    const changes: [argv: string[], change: Partial<ServerOptions>][] = [
      [['--port', '0'], { port: 0 }],
      [['--host=::1'], { host: '::1' }],
      [['--socket', 'echo--'], { socket: 'echo--' }],
      [['--socket', '-'], { socket: '-' }],
      [['--cert', 'c.pem', '--key', 'k.pem'], { tls: { certPath: 'c.pem', keyPath: 'k.pem' } }],
      [['--kind', 'lean'], { kind: 'lean' }],
      [['--kind', 'ws'], {}],
      [['--carrier', 'io_uring'], { carrier: 'io_uring' }],
      [['--reply', 'you-said'], { reply: 'you-said' }],
      [['--reply', 'rooms'], { reply: 'rooms' }],
      [['--log'], { log: true }],
      [['--delay', '7'], { delayMs: 7 }],
      [['--burn', '8'], { burnUs: 8 }],
      [['--ping', '9'], { pingMs: 9 }],
      [['--close-after', '0'], { closeAfter: 0 }],
      [['--max-payload', '10'], { maxPayloadBytes: 10 }],
      [['--backlog', '11'], { backlog: 11 }],
    ];
    for (const [argv, change] of changes)
      assert.deepEqual(parseOptions(argv), { ...DEFAULTS, ...change }, argv.join(' '));
    assert.deepEqual(
      parseOptions(changes.flatMap(([argv]) => argv)),
      Object.assign({}, DEFAULTS, ...changes.map(([, change]) => change), { kind: 'ws' }),
    );
    assert.equal(parseOptions(['--port', '1', '--help']), 'help');
  });

  it('takes whole numbers up to the maximum of each option', () => {
    for (const [name, option, max] of [
      ['port', 'port', 65_535],
      ['delay', 'delayMs', 600_000],
      ['burn', 'burnUs', 10_000_000],
      ['ping', 'pingMs', 86_400_000],
      ['close-after', 'closeAfter', 1_000_000_000],
      ['max-payload', 'maxPayloadBytes', 1_073_741_824],
      ['backlog', 'backlog', 2_147_483_647],
    ] as const) {
      assert.deepEqual(parseOptions([`--${name}`, `${max}`]), { ...DEFAULTS, [option]: max });
      for (const text of [`${max + 1}`, '', '1e3', '0x1', '-1', '1.5', ' 1', '00000000001'])
        assertRejected([`--${name}=${text}`], `--${name} "${text}" must be a whole number from 0 to ${max}.`);
    }
  });

  it('reports which option is wrong', () => {
    const together = '--cert and --key belong together. Give both, or neither.';
    for (const [argv, sentence] of [
      [['--port'], '--port needs a value. See --help.'],
      [['--port', '--log'], '--port needs a value. See --help.'],
      [['--host='], null],
      [['--kind', 'fast'], '--kind "fast" must be ws or lean.'],
      [['--carrier', 'tcp'], '--carrier "tcp" must be sockets or io_uring.'],
      [['--reply', ''], '--reply "" must be echo, you-said or rooms.'],
      [['--log=yes'], '--log takes no value.'],
      [['--log='], '--log takes no value.'],
      [['--cert', 'a.pem'], together],
      [['--key', 'a.pem'], together],
      [['8080'], 'Unexpected argument 8080. See --help.'],
      [['--log', 'yes'], 'Unexpected argument yes. See --help.'],
      [['--', '--log'], 'Unexpected argument --log. See --help.'],
      [['--nothing-like-it'], 'Unknown option --nothing-like-it. See --help.'],
      [['--toString'], 'Unknown option --toString. See --help.'],
      [['-p', '1'], 'Unknown option -p. See --help.'],
    ] as const) {
      if (sentence === null) assert.deepEqual(parseOptions(argv), { ...DEFAULTS, host: '' });
      else assertRejected(argv, sentence);
    }
  });

  it('takes a misspelt option for the nearest one that differs in at most two letters', () => {
    for (const [typed, option] of [
      ['prot', 'port'],
      ['hots', 'host'],
      ['baklog', 'backlog'],
      ['delya', 'delay'],
      ['pings', 'ping'],
      ['close-aftr', 'close-after'],
      ['st', 'host'],
      ['hostxy', 'host'],
      ['xyhost', 'host'],
      ['hostxyz', null],
      ['hxoyszt', null],
      ['sckt', 'socket'],
      ['kin', 'kind'],
      ['bakcklog', 'backlog'],
      ['backward', null],
    ] as const)
      assertRejected(
        [`--${typed}`, '1'],
        `Unknown option --${typed}.${option === null ? ' See --help.' : ` Did you mean --${option}?`}`,
      );
  });
});
