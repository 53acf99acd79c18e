import { readdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openRing } from '../../../server/ring/open-ring.ts';
import { portOf } from '../connections/connection.test.fixture.ts';
import type { Carrier } from './carrier.ts';
import { ringTcp } from './ring.ts';

/**
 * Opens and closes io_uring connections at random, with resets and stalls on both sides, and reports which resources
 * remain in use: `bun dist/bench/load/carriers/ring-fuzz.bench.js --seconds 60`. Memory may grow at first.
 */

const HOST = '127.0.0.1';
const CONNECTIONS = 500;
/** Time limit for the last connections to end. */
const SETTLE_MS = 10_000;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const seconds = Number(values.seconds);
const random = (below: number) => Math.floor(Math.random() * below);
const message = Buffer.alloc(300_000, 'x');
const counts = { opened: 0, closed: 0, failed: 0, left: 0, bytes: 0 };

const peers = new Set<Socket>();
let isOver = false;

/** A peer that echoes, ends, resets, or stops reading. */
function serve(socket: Socket): void {
  if (isOver) {
    socket.destroy();
    return;
  }
  peers.add(socket);
  socket.on('close', () => peers.delete(socket));
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    const what = random(200);
    if (what === 0) socket.resetAndDestroy();
    else if (what === 1) socket.end(bytes);
    else if (what === 2) socket.pause();
    else if (!socket.destroyed) socket.write(bytes);
  });
}

interface Open {
  carrier: Carrier;
  isReady: boolean;
  isWriting: boolean;
}

const server = createServer({ noDelay: true }, serve).listen(0, HOST);
await new Promise((resolve) => server.once('listening', resolve));
const port = portOf(server);
const openCarrier = ringTcp(HOST);
const all = new Set<Open>();
const { ring } = openRing();
const before = { files: readdirSync('/proc/self/fd').length, users: ring.users, slots: ring.slots.free };

function connect(): void {
  counts.opened++;
  const open: Open = {
    isReady: false,
    isWriting: false,
    carrier: openCarrier(null, port, {
      connected() {
        open.isReady = true;
        write(open);
      },
      secured() {},
      data(_buffer, from, to) {
        counts.bytes += to - from;
        if (random(2) === 0) write(open);
      },
      drained() {
        open.isWriting = false;
      },
      closed() {
        counts.closed++;
        all.delete(open);
      },
      error() {
        counts.failed++;
        all.delete(open);
      },
    }),
  };
  all.add(open);
}

function write(open: Open): void {
  if (!open.isReady || open.isWriting) return;
  open.isWriting = !open.carrier.write(
    message,
    random(20) === 0 ? 1 + random(message.length) : 1 + random(500),
  );
}

function act(open: Open): void {
  const what = random(20);
  if (what === 0 && !open.isWriting) open.carrier.end();
  else if (what === 1) open.carrier.destroy();
  else {
    if (what < 4) open.carrier.pause();
    else if (what < 8) open.carrier.resume();
    else write(open);
    return;
  }
  counts.left++;
  all.delete(open);
}

const fuzz = setInterval(() => {
  while (all.size < CONNECTIONS) connect();
  for (const open of all) if (random(5) === 0) act(open);
}, 2);
const told = setInterval(report, 10_000);

function report(): void {
  const { rss } = process.memoryUsage();
  const files = readdirSync('/proc/self/fd').length;
  console.log(
    JSON.stringify({
      ...counts,
      open: all.size,
      users: ring.users,
      files,
      rssMiB: Math.round(rss / 2 ** 20),
    }),
  );
}

setTimeout(async () => {
  clearInterval(fuzz);
  for (const { carrier } of all) carrier.destroy();
  // A peer that has stopped reading does not notice when its connection ends. Those that are accepted from now on are
  // destroyed at once.
  isOver = true;
  for (const peer of peers) peer.destroy();
  const untilMs = performance.now() + SETTLE_MS;
  while (ring.users > 0 && performance.now() < untilMs) await sleep(100);
  clearInterval(told);
  server.close();
  report();
  const after = { files: readdirSync('/proc/self/fd').length, users: ring.users, slots: ring.slots.free };
  console.log(`before: ${JSON.stringify(before)}, after: ${JSON.stringify(after)}`);
  const isClean = after.files <= before.files && after.users === 0 && after.slots === before.slots;
  process.exit(isClean ? 0 : 1);
}, seconds * 1000);
