import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { startConversation } from './page/conversation.ts';
import { byId, formatMs } from './page/dom.ts';
import { watchLoad } from './page/load-panel.ts';
import { answerTo, readTopology, type Topology, websocketUrl } from './page/topology.ts';
import { Button, FakeElement, Field, makePage } from './page.test.fixture.ts';

const TOPOLOGY: Topology = { name: 'tls', title: 'TLS', reply: 'you-said', websocketPath: '/websocket' };

describe('what the page is made of', () => {
  it('an element is found by its id and kind, and its absence is an error', (t) => {
    const page = makePage(t);
    assert.equal(byId('send', Button), page.at('send'));
    assert.throws(() => byId('send', Field), Error);
    assert.throws(() => byId('nothing', FakeElement), Error);
  });

  it('times have three digits', () => {
    assert.deepEqual([0, 1.234, 9.994, 10, 99.94, 100, 1234.5].map(formatMs), [
      '0.00 ms',
      '1.23 ms',
      '9.99 ms',
      '10.0 ms',
      '99.9 ms',
      '100 ms',
      '1235 ms',
    ]);
  });

  it('addresses and answers follow from the topology', async (t) => {
    assert.equal(websocketUrl(TOPOLOGY, { origin: 'http://a:1' }), 'ws://a:1/websocket');
    assert.equal(websocketUrl(TOPOLOGY, { origin: 'https://a:1' }), 'wss://a:1/websocket');
    assert.equal(answerTo('hi', TOPOLOGY), 'You said: hi');
    assert.equal(answerTo('hi', { ...TOPOLOGY, reply: 'echo' }), 'hi');
    let ok = true;
    const { mock } = t.mock.method(globalThis, 'fetch', async () => ({
      ok,
      status: 404,
      statusText: 'Not Found',
      json: async () => TOPOLOGY,
    }));
    assert.deepEqual(await readTopology(), TOPOLOGY);
    assert.deepEqual(mock.calls[0]?.arguments, ['topology.json']);
    ok = false;
    await assert.rejects(readTopology(), /^Error: topology\.json: 404 Not Found$/);
  });
});

describe('the conversation on the page', () => {
  function begin(t: TestContext) {
    const page = makePage(t);
    startConversation('ws://a/websocket');
    const lines = () => page.at('conversation').children.map(({ textContent }) => textContent);
    const shown = () => [
      page.at('state').textContent,
      page.at('send').disabled,
      page.at('connection').textContent,
    ];
    const say = (text: string) => {
      page.at('message').value = text;
      assert.equal(page.at('say').fire('submit'), true);
    };
    const socket = (index: number) => page.sockets[index] ?? assert.fail('not opened');
    return { page, lines, shown, say, socket };
  }

  it('shows each message, and each answer with the time since its message', (t) => {
    const { page, lines, shown, say, socket } = begin(t);
    assert.equal(socket(0).url, 'ws://a/websocket');
    assert.equal(page.at('state').textContent, 'connecting');
    say('too early');
    assert.deepEqual([lines(), socket(0).sent, page.at('message').calls], [[], [], []]);
    socket(0).become('open');
    assert.deepEqual(shown(), ['connected', false, 'Disconnect']);
    say('one');
    page.clock.nowMs += 2;
    say('two');
    assert.deepEqual(page.at('message').calls, [['select'], ['select']]);
    page.clock.nowMs += 3;
    for (const data of ['first', 'second', 'third']) socket(0).fire('message', { data });
    assert.deepEqual(lines(), [
      'WebSocket connected',
      'You: one',
      'You: two',
      'first after 5.00 ms',
      'second after 3.00 ms',
      'third',
    ]);
    assert.deepEqual(socket(0).sent, ['one', 'two']);
    const [connected, , , first] = page.at('conversation').children;
    assert.deepEqual(
      [connected?.children.length, first?.children.map(({ name, text }) => [name, text])],
      [0, [['span', ' after 5.00 ms']]],
    );
    assert.deepEqual(first?.calls, [['scrollIntoView', { block: 'nearest' }]]);
  });

  it('disconnects and connects again, and expects no answers of the earlier connection', (t) => {
    const { page, lines, shown, say, socket } = begin(t);
    socket(0).become('open');
    say('never answered');
    page.at('connection').fire('click');
    assert.deepEqual([socket(0).closed, page.sockets.length], [[1000], 1]);
    socket(0).become('close', { code: 1000, reason: '' });
    assert.deepEqual(shown(), ['not connected', true, 'Connect']);
    say('too late');
    page.at('connection').fire('click');
    assert.deepEqual([page.sockets.length, page.at('state').textContent], [2, 'connecting']);
    socket(1).become('open');
    socket(1).fire('message', { data: 'hello' });
    socket(1).become('close', { code: 1001, reason: 'going' });
    assert.deepEqual(lines(), [
      'WebSocket connected',
      'You: never answered',
      'WebSocket disconnected (1000)',
      'WebSocket connected',
      'hello',
      'WebSocket disconnected (1001 going)',
    ]);
    assert.deepEqual(socket(0).sent, ['never answered']);
  });

  it('keeps the last 200 lines', (t) => {
    const { lines, socket } = begin(t);
    for (let index = 1; index <= 201; index++) {
      socket(0).fire('message', { data: `${index}` });
      if (index === 200) assert.equal(lines()[0], '1');
    }
    assert.deepEqual([lines().length, lines()[0], lines().at(-1)], [200, '2', '201']);
  });
});

describe('the small load on the page', () => {
  function begin(t: TestContext, connections: number, rate: number) {
    const page = makePage(t);
    watchLoad('ws://a/websocket', TOPOLOGY);
    page.at('connections').value = `${connections}`;
    page.at('rate').value = `${rate}`;
    const shown = () => [
      page.at('load-state').textContent,
      page.at('toggle').textContent,
      page.at('connections').disabled,
      page.at('rate').disabled,
    ];
    const submit = () => assert.equal(page.at('load').fire('submit'), true);
    const redraw = () => (page.interval() ?? assert.fail('no interval')).run();
    const rows = () =>
      page.at('figures').children.map(({ children }) => children.map(({ textContent }) => textContent));
    return { page, shown, submit, redraw, rows };
  }

  it('has a row for each figure, and no times before the first answer', (t) => {
    const { page, shown, submit, redraw, rows } = begin(t, 2, 100);
    submit();
    assert.deepEqual(shown(), ['opening connections', 'Stop', true, true]);
    assert.deepEqual(
      [page.sockets.map(({ url }) => url), page.interval()?.ms],
      [Array(2).fill('ws://a/websocket'), 500],
    );
    redraw();
    assert.deepEqual(rows(), [
      ['Connections open', '0'],
      ['Messages sent', '0'],
      ['Answers received', '0'],
      ['Lost', '0'],
      ['Outstanding', '0'],
      ['Answers in the last second', '0'],
      ['Response time p50', '–'],
      ['Response time p99', '–'],
      ['Response time maximum', '–'],
      ['Send lag p99', '–'],
    ]);
    assert.deepEqual(shown(), ['opening connections', 'Stop', true, true]);
    const [row] = page.at('figures').children;
    assert.deepEqual(
      row?.children.map(({ name, scope }) => [name, scope]),
      [
        ['th', 'row'],
        ['td', ''],
      ],
    );
    assert.equal(page.at('chart').children.length, 10 + 7);
  });

  it('counts its messages, answers and connections', (t) => {
    const { page, shown, submit, redraw, rows } = begin(t, 3, 100);
    submit();
    const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = page.sockets;
    third.become('close');
    for (const socket of [first, second]) socket.become('open');
    // A message is due every 10 ms; the page waits for it with a timer, and then polls.
    assert.deepEqual(
      page.timers.splice(0).map(({ ms, run }) => [ms, run()]),
      [[4, undefined]],
    );
    page.clock.nowMs += 12;
    for (const { run } of page.timers.splice(0)) run();
    page.clock.nowMs += 3;
    first.fire('message', { data: 'You said: message 0' });
    page.clock.nowMs += 5;
    second.fire('message', { data: 'message 1' });
    for (const { run } of page.timers.splice(0)) run();
    first.become('close');
    page.clock.nowMs += 1000;
    redraw();
    assert.deepEqual(rows(), [
      ['Connections open', '1, 2 failed'],
      ['Messages sent', '3'],
      ['Answers received', '2, 1 wrong'],
      ['Lost', '1'],
      ['Outstanding', '0'],
      ['Answers in the last second', '2'],
      ['Response time p50', '10.0 ms'],
      ['Response time p99', '15.0 ms'],
      ['Response time maximum', '15.0 ms'],
      ['Send lag p99', '2.00 ms'],
    ]);
    assert.deepEqual(shown(), ['running', 'Stop', true, true]);
    assert.equal(page.at('chart').children.filter(({ name }) => name === 'polyline').length, 3);
  });

  it('polls the clock with messages that it posts to itself', (t) => {
    const { page, submit } = begin(t, 1, 200);
    submit();
    const [socket = assert.fail()] = page.sockets;
    socket.become('open');
    assert.deepEqual([page.timers.length, page.posts.length], [0, 1]);
    page.posts.shift()?.();
    assert.deepEqual([page.timers.length, page.posts.length, socket.sent.length], [0, 1, 1]);
    page.clock.nowMs += 5;
    page.posts.shift()?.();
    assert.deepEqual([page.timers.length, page.posts.length, socket.sent.length], [0, 1, 2]);
  });

  it('stops on request, and is drawn until its connections have closed', (t) => {
    const { page, shown, submit, redraw } = begin(t, 1, 100);
    submit();
    const [socket = assert.fail()] = page.sockets;
    socket.become('open');
    redraw();
    submit();
    assert.deepEqual(shown(), ['stopped', 'Start', false, false]);
    assert.deepEqual(socket.closed, [1000]);
    redraw();
    assert.ok(page.interval());
    socket.become('close');
    redraw();
    assert.equal(page.interval(), null);
    assert.deepEqual(shown(), ['stopped', 'Start', false, false]);
    submit();
    assert.deepEqual([page.sockets.length, shown()[0]], [2, 'opening connections']);
  });

  it('stops when no connection is open any more', (t) => {
    const { page, shown, submit, redraw } = begin(t, 1, 100);
    submit();
    redraw();
    assert.equal(shown()[0], 'opening connections');
    page.sockets[0]?.become('open');
    page.sockets[0]?.become('close');
    redraw();
    assert.deepEqual(shown(), ['stopped', 'Start', false, false]);
    assert.equal(page.interval(), null);
  });
});
