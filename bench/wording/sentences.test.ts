import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fact } from '../model/finding.ts';
import { CHECK } from './check.ts';
import { type Code, type DataOf, finding, mergedFinding, SENTENCES } from './finding.ts';
import { CHANGES, type Change } from './sandbox.ts';
import type { BusyFacts } from './validity.ts';

type CodeOfChange = `sandbox-${Change}`;
/** Codes whose sentences are tested in check.test.ts. */
type CodeOfCheck = keyof typeof CHECK;

/**
 * Data, its sentence, and the sentence after merging it with the same data with all numbers doubled, if that differs.
 */
type Example<C extends Code> = readonly [data: DataOf<C>, text: string, merged?: string];

const BUSY: BusyFacts = { proxy: { busiest: 0.47, least: null }, server: 0.4, generator: 0.31 };

const EXAMPLES: { readonly [C in Exclude<Code, CodeOfChange | CodeOfCheck>]: Example<C> } = {
  'not-judged': [{}, 'The run has not been judged yet.'],
  'run-ended': [
    { state: 'failed', reason: 'nginx worker 1 exited with code 1' },
    'The run failed: nginx worker 1 exited with code 1.',
  ],
  'nothing-echoed': [{}, 'Nothing was echoed in the steady phase.'],
  'nothing-sent': [{}, 'Nothing was sent in the steady phase.'],
  'action-failed': [
    { action: 'echo server 2 started again', reason: 'echo server 2 is still running.', more: 1 },
    'The scenario could not carry out an action (echo server 2 started again): Echo server 2 is still running. 1 other action failed as well.',
    'The scenario could not carry out an action (echo server 2 started again): Echo server 2 is still running. 1 to 2 other actions failed as well.',
  ],
  'nothing-cut': [{}, 'No connection was cut, so the run does not show how clients reconnect.'],
  'uneven-before': [
    { least: 40, most: 160 },
    'Before the loss, the connections were already spread unevenly, from 40 to 160 per echo server. The run cannot show when the spread is even again.',
    'Before the loss, the connections were already spread unevenly, from 40 to 320 per echo server. The run cannot show when the spread is even again.',
  ],
  'nothing-opened': [{}, 'No connection was opened in the steady phase.'],
  'handshake-losses': [
    { started: 3000, refused: 12, broken: 1, unstarted: 4, lost: 2 },
    '12 of 3,000 handshakes failed; 1 open connection ended unexpectedly; 2 messages were lost; 4 handshakes never started, because the maximum number of connections (--connections) had been reached.',
    '12 to 24 of 3,000 to 6,000 handshakes failed; 1 to 2 open connections ended unexpectedly; 2 to 4 messages were lost; 4 to 8 handshakes never started, because the maximum number of connections (--connections) had been reached.',
  ],
  'counts-differ': [
    {
      broken: [
        { whole: 'started', parts: ['opened', 'refused', 'pending'] },
        { whole: 'opened', parts: ['closed', 'live'] },
      ],
    },
    'The counts do not add up: started is not opened + refused + pending and opened is not closed + live.',
  ],
  losses: [
    { failed: 3, asked: 1000, lost: 7, unsent: 2 },
    '3 of 1,000 connections failed and 7 messages were lost; for lack of an open connection, 2 messages were never sent.',
    '3 to 6 of 1,000 to 2,000 connections failed and 7 to 14 messages were lost; for lack of an open connection, 2 to 4 messages were never sent.',
  ],
  'deliveries-lost': [
    { lost: 30, expected: 5000, skipped: 20 },
    '30 of 5,000 deliveries did not arrive; the server skipped 20 of them because a member had fallen behind.',
    '30 to 60 of 5,000 to 10,000 deliveries did not arrive; the server skipped 20 to 40 of them because a member had fallen behind.',
  ],
  'clock-error': [
    { errorUs: 300, p50Us: 1000 },
    'The clocks of the generator hosts may differ by 300 µs, and the median time from sender to receiver was 1 ms, so times from one host to another are too inaccurate. Use one agent.',
    'The clocks of the generator hosts may differ by 300 to 600 µs, and the median time from sender to receiver was 1 to 2 ms, so times from one host to another are too inaccurate. Use one agent.',
  ],
  'http-missing': [{}, 'No HTTP request was sent during the load, so the effect of requests is unknown.'],
  'http-counts-differ': [
    {},
    'The counts of HTTP requests do not add up: due should equal answered + broken + unanswered.',
  ],
  'http-unanswered': [
    { due: 5000, failed: 20, unanswered: 30 },
    'Of 5,000 HTTP requests during the load, 20 failed and 30 had no response by the end; use a lower --http-rate.',
    'Of 5,000 to 10,000 HTTP requests during the load, 20 to 40 failed and 30 to 60 had no response by the end; use a lower --http-rate.',
  ],
  stalled: [
    { count: 2, seconds: [4, 5], of: 10, usualUs: 1200 },
    'Nothing was echoed in 2 of 10 seconds of the steady phase (4–5), although half of all messages take less than 1.2 ms: Nginx or an echo server stalled.',
    'Nothing was echoed in 2 to 4 of 10 to 20 seconds of the steady phase, although half of all messages take less than 1.2 to 2.4 ms: Nginx or an echo server stalled.',
  ],
  'runner-stopped': [
    { gapsUs: [2_000_000, 3_500_000], seconds: [2, 3, 4] },
    'The runner was stopped, or had no CPU to run on: it took no sample for 2 s and 3.5 s (seconds 2–4 of the steady phase). For that time, CPU, memory and disturbances are not known second by second.',
    'The runner was stopped, or had no CPU to run on: it took no sample for some time. For that time, CPU, memory and disturbances are not known second by second.',
  ],
  'machine-suspended': [
    { us: 4_000_000 },
    'The machine was suspended for 4 s during the load.',
    'The machine was suspended for 4 to 8 s during the load.',
  ],
  disturbed: [
    { count: 2, seconds: [3, 7], of: 10, stolen: null, other: 0.12 },
    '2 of 10 seconds of the steady phase were disturbed (3, 7): other work took up to 12 % of the CPU time.',
    '2 to 4 of 10 to 20 seconds of the steady phase were disturbed: other work took up to 24 % of the CPU time.',
  ],
  'send-lag': [
    { lagUs: 11_700, share: 0.3 },
    "The generator sent messages late: send lag p99 was 11.7 ms, 30 % of the response time's p99.",
    "The generator sent messages late: send lag p99 was 11.7 to 23.4 ms, 30 to 60 % of the response time's p99.",
  ],
  'rate-missed': [
    { ratio: 0.48 },
    'Only 48 % of the messages due in the steady phase were echoed during that phase.',
    'Only 48 to 96 % of the messages due in the steady phase were echoed during that phase.',
  ],
  'late-echoes': [
    { share: 0.47 },
    'Only 47 % of the messages due in the steady phase were echoed within 1 s of their intended time.',
    'Only 47 to 94 % of the messages due in the steady phase were echoed within 1 s of their intended time.',
  ],
  backlog: [
    { outstanding: 340 },
    'The steady phase began with 340 messages still unanswered: the run had not settled. Use a longer --warmup or a lower --rate.',
    'The steady phase began with 340 to 680 messages still unanswered: the run had not settled. Use a longer --warmup or a lower --rate.',
  ],
  'limited-by': [
    {
      component: 'proxy',
      evidence: { kind: 'shared-cpus', components: ['proxy', 'server'], used: 0.49, busy: BUSY },
    },
    'Nginx was the limit: Nginx and the echo server share CPUs that were 49 % used; the busiest Nginx worker used 47 % of a core; the event loop of the busiest echo server was 40 % busy, that of the busiest generator worker 31 %.',
    'Nginx was the limit: Nginx and the echo server share CPUs that were 49 to 98 % used; the busiest Nginx worker used 47 to 94 % of a core; the event loop of the busiest echo server was 40 to 80 % busy, that of the busiest generator worker 31 to 62 %.',
  ],
  'generator-busy': [
    { share: 0.48 },
    'The event loop of a generator worker was 48 % busy, so the result may reflect the generator rather than Nginx.',
    'The event loop of a generator worker was 48 to 96 % busy, so the result may reflect the generator rather than Nginx.',
  ],
  limit: [
    {
      evidence: {
        kind: 'on-schedule',
        ratio: 0.499,
        perSecond: 12_300,
        busy: { proxy: { busiest: 0.4, least: 0.3 }, server: null, generator: null },
      },
    },
    '49.9 % of the messages scheduled at 12.3k/s were echoed; the busiest Nginx worker used 40 % of a core, the least busy one 30 %.',
    '49.9 to 99.8 % of the messages scheduled at 12.3 to 24.6k/s were echoed; the busiest Nginx worker used 40 to 80 % of a core, the least busy one 30 to 60 %.',
  ],
  'not-completed': [
    { state: 'aborted', reason: 'it was interrupted.' },
    'The run was aborted: it was interrupted.',
  ],
  'lost-some': [
    { failed: 1, lost: 12 },
    '1 connection failed and 12 messages were lost.',
    '1 to 2 connections failed and 12 to 24 messages were lost.',
  ],
  'off-schedule': [
    { evidence: { kind: 'busy', busy: BUSY } },
    'The run did not keep to its schedule: the busiest Nginx worker used 47 % of a core; the event loop of the busiest echo server was 40 % busy, that of the busiest generator worker 31 %.',
    'The run did not keep to its schedule: the busiest Nginx worker used 47 to 94 % of a core; the event loop of the busiest echo server was 40 to 80 % busy, that of the busiest generator worker 31 to 62 %.',
  ],
  'not-valid': [{ verdict: 'suspect' }, 'The run is suspect.'],
  'rate-given': [{}, 'The rate was set with --rate.'],
  'rate-chosen': [
    { variant: 'tls', proxyUs: 14.2, serverUs: 3.1, proxyRatio: 1.6, wsRatio: 2.7 },
    'This is the highest rate, rounded down, at which no CPU used by Nginx or the echo servers is more than half busy, judging by the CPU time per message in the throughput step. tls uses the most time on a single CPU: Nginx 14.2 µs and the echo servers 3.1 µs per message. Nginx is estimated to use 1.6 times as much CPU per message in an open loop as in the closed loop that was measured. The ws echo server is estimated to use 2.7 times as much CPU as the lean server that was measured.',
    'This is the highest rate, rounded down, at which no CPU used by Nginx or the echo servers is more than half busy, judging by the CPU time per message in the throughput step. tls uses the most time on a single CPU: Nginx 14.2 to 28.4 µs and the echo servers 3.1 to 6.2 µs per message. Nginx is estimated to use 1.6 to 3.2 times as much CPU per message in an open loop as in the closed loop that was measured. The ws echo server is estimated to use 2.7 to 5.4 times as much CPU as the lean server that was measured.',
  ],
  'rate-halved': [
    {
      variant: 'tls',
      proxyUs: 14.2,
      serverUs: null,
      wsRatio: 1,
      tooMuchFor: 'tls+buf-16k',
      evidence: { kind: 'late-spinner', lagUs: 5000, busy: BUSY },
    },
    'The first choice was the highest rate, rounded down, at which no CPU used by Nginx or the echo servers is more than half busy, judging by the CPU time per message in the throughput step. tls uses the most time on a single CPU: Nginx 14.2 µs per message. The first choice was too high for tls+buf-16k (the generator spun until each message was due and still fell behind, with a send lag p99 of 5 ms; the busiest Nginx worker used 47 % of a core; the event loop of the busiest echo server was 40 % busy, that of the busiest generator worker 31 %), so it was halved.',
    'The first choice was the highest rate, rounded down, at which no CPU used by Nginx or the echo servers is more than half busy, judging by the CPU time per message in the throughput step. tls uses the most time on a single CPU: Nginx 14.2 to 28.4 µs per message. The ws echo server is estimated to use 1 to 2 times as much CPU as the lean server that was measured. The first choice was too high for tls+buf-16k (the generator spun until each message was due and still fell behind, with a send lag p99 of 5 to 10 ms; the busiest Nginx worker used 47 to 94 % of a core; the event loop of the busiest echo server was 40 to 80 % busy, that of the busiest generator worker 31 to 62 %), so it was halved.',
  ],
  'step-ended': [
    { state: 'failed', reason: 'Nginx did not start' },
    'In its throughput step, the run failed: Nginx did not start.',
  ],
  'step-without-echo': [{}, 'Nothing was echoed in its throughput step.'],
  'cpu-unknown': [
    {},
    'The CPU time per message, from which the rate is derived, is unknown. Use --rate to set the rate.',
  ],
  'size-answer': [
    {
      variant: 'tls',
      ...{ connections: 100_000, ratePerSecond: 10_000, churnPerSecond: 167 },
      workers: { value: 2, low: 1, high: 2 },
      cores: { value: 0.6, low: 0.5, high: 0.7 },
      memory: { value: 2 ** 30, low: 2 ** 30, high: 2 ** 31 },
      ...{ slots: 115_000, addresses: 4 },
    },
    'tls: 100,000 connections with 10,000 messages and 167 new connections per second need 2 Nginx workers (0.6 cores, 95 % CI 0.5 to 0.7 cores), 1 GiB of memory for Nginx (95 % CI 1 to 2 GiB), worker_connections 115,000 and 4 upstream addresses.',
    'tls: 100,000 to 200,000 connections with 10,000 to 20,000 messages and 167 to 334 new connections per second need 2 to 4 Nginx workers (0.6 to 1.2 cores, 95 % CI 0.5 to 1.4 cores), 1 to 2 GiB of memory for Nginx (95 % CI 1 to 4 GiB), worker_connections 115,000 to 230,000 and 4 to 8 upstream addresses.',
  ],
  'size-assumed': [
    { ratePerSecond: 10_000, churnPerSecond: 167 },
    'Assumed: one message per connection every ten seconds (--rate 10000) and connections that last ten minutes (--churn 167).',
    'Assumed: one message per connection every ten seconds (--rate 10000 to 20000) and connections that last ten minutes (--churn 167 to 334).',
  ],
  'size-checked': [
    {
      ...{ name: 'memory', connections: 20_000, measured: 2 ** 28, error: 0.031 },
      predicted: { value: 2 ** 28, low: 2 ** 28, high: 2 ** 29 },
    },
    'Check with 20,000 connections: memory of Nginx was 256 MiB. The prediction was 256 MiB (95 % CI 256 to 512 MiB), which is 3.1 % too high.',
    'Check with 20,000 to 40,000 connections: memory of Nginx was 256 to 512 MiB. The prediction was 256 to 512 MiB (95 % CI 256 MiB to 1 GiB), which is 3.1 to 6.2 % too high.',
  ],
  'size-not-checked': [
    { name: 'cores', reason: 'The run failed' },
    'CPU of Nginx for messages could not be checked. The run failed.',
  ],
  'size-other-load': [
    { of: 'cpu-message', here: 3000, planned: 25_000 },
    'Nginx CPU per message was measured while each Nginx worker handled 3k/s, but the plan assumes 25k/s per worker. A busier worker handles several events at a time, so each event costs less.',
    'Nginx CPU per message was measured while each Nginx worker handled 3 to 6k/s, but the plan assumes 25 to 50k/s per worker. A busier worker handles several events at a time, so each event costs less.',
  ],
  'size-excluded': [
    { of: 'cpu-message', runs: 1, all: 3, reason: 'The run failed' },
    'Nginx CPU per message: 1 of 3 runs could not be used. The run failed.',
    'Nginx CPU per message: 1 to 2 of 3 to 6 runs could not be used. The run failed.',
  ],
  'size-unfinished': [
    { done: 5, of: 14 },
    'The sizing did not finish: it stopped after 5 of 14 runs.',
    'The sizing did not finish: it stopped after 5 to 10 of 14 to 28 runs.',
  ],
  'size-unknown': [
    { steps: ['touched', 'latency'] },
    'Not known, because too few runs of the touched and latency steps can be used.',
  ],
  'size-cores': [
    {
      ratePerSecond: 10_000,
      messageUs: { value: 20, low: 18, high: 22 },
      churnPerSecond: 100,
      handshakeUs: { value: 900, low: 800, high: 1000 },
    },
    '10,000 messages per second × 20 µs (95 % CI 18 to 22 µs) and 100 handshakes per second × 900 µs (95 % CI 800 µs to 1 ms).',
    '10,000 to 20,000 messages per second × 20 to 40 µs (95 % CI 18 to 44 µs) and 100 to 200 handshakes per second × 900 µs to 1.8 ms (95 % CI 800 µs to 2 ms).',
  ],
  'size-memory': [
    {
      ...{ connections: 100_000, connectionBytes: 18_000 },
      ...{ slots: 230_000, slotBytes: 424, processes: 3, processBytes: 2 ** 21 },
    },
    '100,000 connections × 17.6 KiB + 230,000 units of worker_connections × 424 B + 3 processes × 2 MiB.',
    '100,000 to 200,000 connections × 17.6 to 35.2 KiB + 230,000 to 460,000 units of worker_connections × 424 to 848 B + 3 to 6 processes × 2 to 4 MiB.',
  ],
  'size-kernel-memory': [
    { connections: 100_000, bytes: 9000, isUncertain: true },
    '100,000 connections × 8.79 KiB, for all four sockets of a connection. Nginx’s host has only two of them if clients and servers are elsewhere. The interval includes 0, because other programs used memory at the same time.',
    '100,000 to 200,000 connections × 8.79 to 17.6 KiB, for all four sockets of a connection. Nginx’s host has only two of them if clients and servers are elsewhere. The interval includes 0, because other programs used memory at the same time.',
  ],
  'size-workers': [
    { cores: 0.6, utilisation: 0.5 },
    '0.6 cores ÷ 50 % (the highest permitted utilisation of a worker, --utilisation), rounded up. Each worker needs a CPU.',
    '0.6 to 1.2 cores ÷ 50 to 100 % (the highest permitted utilisation of a worker, --utilisation), rounded up. Each worker needs a CPU.',
  ],
  'size-worker-connections': [
    { workers: 2, busiest: 51_119 },
    '2 per WebSocket. If a hash distributes the connections (listen … reuseport), the busiest worker has at most 51,119 WebSockets. An eighth stays free, because Nginx closes connections when less than a sixteenth is left.',
    '2 per WebSocket. If a hash distributes the connections (listen … reuseport), the busiest worker has at most 51,119 to 102,238 WebSockets. An eighth stays free, because Nginx closes connections when less than a sixteenth is left.',
  ],
  'size-worker-files': [
    { slots: 115_000, others: 64 },
    'worker_connections (115,000) + 64 for listeners, logs and epoll.',
    'worker_connections (115,000 to 230,000) + 64 to 128 for listeners, logs and epoll.',
  ],
  'size-backlog': [
    { churnPerSecond: 167, least: 511 },
    'The new connections of one second (167), but at least Nginx’s default of 511. If all clients may reconnect at once, measure this case with --scenario storm.',
    'The new connections of one second (167 to 334), but at least Nginx’s default of 511 to 1,022. If all clients may reconnect at once, measure this case with --scenario storm.',
  ],
  'size-upstream-ports': [
    { connections: 100_000, waiting: 10_020, seconds: 60 },
    'One per open connection (100,000), and one for each of the 10,020 connections that closed in the last 60 s and are in TIME_WAIT.',
    'One per open connection (100,000 to 200,000), and one for each of the 10,020 to 20,040 connections that closed in the last 60 to 120 s and are in TIME_WAIT.',
  ],
  'size-upstream-addresses': [
    { ports: 110_020, each: 28_232, widest: 64_512, withWidest: 2 },
    '110,020 ports ÷ 28,232, the size of this machine’s net.ipv4.ip_local_port_range. With the widest range (1024 to 65535, 64,512 ports): 2. Count each upstream server that has its own address or port, and each source address (proxy_bind).',
    '110,020 to 220,040 ports ÷ 28,232 to 56,464, the size of this machine’s net.ipv4.ip_local_port_range. With the widest range (1024 to 65535, 64,512 to 129,024 ports): 2 to 4. Count each upstream server that has its own address or port, and each source address (proxy_bind).',
  ],
  'size-somaxconn': [
    {},
    'At least the backlog, because the kernel silently lowers a larger backlog to this value.',
  ],
  'size-syn-backlog': [{}, 'At least the backlog. Handshakes wait in this queue until they are complete.'],
  'size-port-range': [
    { ports: 110_020, widest: 64_512 },
    'With a single upstream address, the range must contain 110,020 ports. The widest range contains 64,512.',
    'With a single upstream address, the range must contain 110,020 to 220,040 ports. The widest range contains 64,512 to 129,024.',
  ],
  'size-nr-open': [{}, 'At least worker_rlimit_nofile. The kernel’s default is 1,048,576.'],
  'size-file-max': [
    { connections: 100_000, each: 2 },
    '100,000 connections × 2 descriptors, in addition to those of other programs.',
    '100,000 to 200,000 connections × 2 to 4 descriptors, in addition to those of other programs.',
  ],
  'size-conntrack': [
    { ports: 110_020 },
    'Only with a stateful firewall: one entry for each connection from a client, and one for each connection to a server (110,020 open or in TIME_WAIT).',
    'Only with a stateful firewall: one entry for each connection from a client, and one for each connection to a server (110,020 to 220,040 open or in TIME_WAIT).',
  ],
  'ladder-curve': [
    {
      ...{ variant: 'tls', over: 'connections', title: 'throughput', unit: 'rate' },
      first: { level: 1, value: 8100 },
      last: { level: 4096, value: 31_000 },
      highest: { level: 64, value: 35_000 },
    },
    'tls: throughput was 8.1k/s with 1 connection and 31k/s with 4,096 connections, with a maximum of 35k/s with 64 connections.',
    'tls: throughput was 8.1 to 16.2k/s with 1 to 2 connections and 31 to 62k/s with 4,096 to 8,192 connections, with a maximum of 35 to 70k/s with 64 to 128 connections.',
  ],
  'ladder-without-points': [
    { variant: 'tls', runs: 14 },
    'tls: none of the 14 runs was valid, so there is no curve.',
    'tls: none of the 14 to 28 runs was valid, so there is no curve.',
  ],
  'ladder-law': [
    {
      ...{ over: 'nginx-workers', unit: 'rate', peak: 6, declines: true, deviation: 0.04 },
      lambda: { value: 8100, low: 7900, high: 8300 },
      sigma: { value: 0.21, low: 0.19, high: 0.23 },
      kappa: { value: 0.0000021, low: 0.0000012, high: 0.0000034 },
    },
    'Universal Scalability Law: λ is 8.1k/s with 1 Nginx worker (95 % CI 7.9 to 8.3k/s), contention σ is 21 % (19 to 23 %), and coherency κ is 2.1e-6 (1.2e-6 to 3.4e-6). According to the law, throughput is highest with 6 Nginx workers and declines at higher levels. The fitted curve is within 4 % of the median at every level.',
    'Universal Scalability Law: λ is 8.1 to 16.2k/s with 1 Nginx worker (95 % CI 7.9 to 16.6k/s), contention σ is 21 to 42 % (19 to 46 %), and coherency κ is 2.1e-6 to 4.2e-6 (1.2e-6 to 6.8e-6). According to the law, throughput is highest with 6 to 12 Nginx workers and declines at higher levels. The fitted curve is within 4 to 8 % of the median at every level.',
  ],
  'ladder-too-few': [
    { valid: 4, needed: 6 },
    'The Universal Scalability Law was not fitted: a fit needs at least 6 levels with a valid run, but this ladder has 4.',
    'The Universal Scalability Law was not fitted: a fit needs at least 6 to 12 levels with a valid run, but this ladder has 4 to 8.',
  ],
  'ladder-undetermined': [
    {},
    'The Universal Scalability Law was not fitted: throughput does not grow from any level to the next. Add smaller levels with --points.',
  ],
  'ladder-memory': [
    { value: 18_125, low: 17_920, high: 18_330 },
    'Nginx memory grows by 17.7 KiB per connection (95 % CI 17.5 to 17.9 KiB).',
    'Nginx memory grows by 17.7 to 35.4 KiB per connection (95 % CI 17.5 to 35.8 KiB).',
  ],
  'ladder-excluded': [
    { excluded: 1, of: 14 },
    '1 of 14 runs was not valid for the first metric. Hollow points in a chart mark runs that do not count for the metric of that chart; medians and fits leave these runs out.',
    '1 to 2 of 14 to 28 runs were not valid for the first metric. Hollow points in a chart mark runs that do not count for the metric of that chart; medians and fits leave these runs out.',
  ],
  'ladder-unfinished': [
    { done: 5, of: 14 },
    'The ladder did not finish: it stopped after 5 of 14 runs.',
    'The ladder did not finish: it stopped after 5 to 10 of 14 to 28 runs.',
  ],
  'search-ceiling': [{}, 'No higher level was tried (--max).'],
  'machine-ceiling': [
    { reason: 'It has ports for 28,231 connections.' },
    'This machine cannot hold more connections: It has ports for 28,231 connections.',
  ],
  'no-samples': [
    { metric: 'response.p99' },
    'The run has no response.p99: too few samples, or nothing to measure.',
  ],
  'compared-with-itself': [
    {},
    'Both sides are the same stored result, so any difference between them is zero. Name two different results.',
  ],
  'own-backend': [
    {},
    'Your own servers (--backend) do not report any counts, so the connections and messages that the generator counted cannot be compared with theirs.',
  ],
  'preflight-apart': [
    {},
    'The variants do not fit into memory together, so they ran one after the other instead of interleaved, and their metrics vary more. Use fewer --connections or fewer variants.',
  ],
  'agents-apart': [
    {},
    'An agent carries out one run at a time, so the variants ran one after the other instead of interleaved, and their metrics vary more.',
  ],
  'preflight-agent-ports': [
    { ports: 28_231 },
    'Each agent can start about 28,231 handshakes per minute, because its kernel reuses a source port only after a minute. Further handshakes fail. Use more agents or a shorter --duration, or set net.ipv4.tcp_tw_reuse=1 on their hosts.',
    'Each agent can start about 28,231 to 56,462 handshakes per minute, because its kernel reuses a source port only after a minute. Further handshakes fail. Use more agents or a shorter --duration, or set net.ipv4.tcp_tw_reuse=1 on their hosts.',
  ],
  'preflight-generators': [
    {
      needed: 3,
      byDefault: 2,
      connections: 50_000,
      hold: { bound: 'open-files', each: 20_000, openFiles: 20_480 },
    },
    '3 generator processes are used instead of 2, because there are 50,000 connections and one process can hold at most 20,000 under the open-files limit of 20,480.',
    '3 to 6 generator processes are used instead of 2 to 4, because there are 50,000 to 100,000 connections and one process can hold at most 20,000 to 40,000 under the open-files limit of 20,480 to 40,960.',
  ],
  'preflight-servers': [
    { needed: 3, byDefault: 2, connections: 50_000, hold: { bound: 'ports', each: 28_231 } },
    '3 echo servers are used instead of 2, because there are 50,000 connections and Nginx has ports for only 28,231 connections to each server (ip_local_port_range).',
    '3 to 6 echo servers are used instead of 2 to 4, because there are 50,000 to 100,000 connections and Nginx has ports for only 28,231 to 56,462 connections to each server (ip_local_port_range).',
  ],
  'preflight-nginx-workers': [
    {
      needed: 3,
      byDefault: 2,
      connections: 50_000,
      hold: { bound: 'nginx-files', each: 8000, openFiles: 20_480 },
    },
    '3 Nginx workers are used instead of 2, because there are 50,000 connections and one process can hold at most 8,000 under the open-files limit of 20,480, assuming 2 files per connection and leaving room for an uneven spread.',
    '3 to 6 Nginx workers are used instead of 2 to 4, because there are 50,000 to 100,000 connections and one process can hold at most 8,000 to 16,000 under the open-files limit of 20,480 to 40,960, assuming 2 files per connection and leaving room for an uneven spread.',
  ],
  'preflight-reuseport': [
    { workerConnections: 512, connections: 1000 },
    'reuseport was added to the listen directive: one worker is limited to 512 connections and cannot hold all 1,000 WebSockets, and only the hash of reuseport spreads them evenly over the workers.',
    'reuseport was added to the listen directive: one worker is limited to 512 to 1,024 connections and cannot hold all 1,000 to 2,000 WebSockets, and only the hash of reuseport spreads them evenly over the workers.',
  ],
  'preflight-backlog': [
    { backlog: 4096, wanted: 10_000 },
    'The listen backlog is 4,096 instead of 10,000, because net.core.somaxconn allows no more. If the backlog overflows, some handshakes take 1 s or 3 s longer. Raise the limit with sudo sysctl -w net.core.somaxconn=10000.',
    'The listen backlog is 4,096 to 8,192 instead of 10,000 to 20,000, because net.core.somaxconn allows no more. If the backlog overflows, some handshakes take 1 s or 3 s longer. Raise the limit with sudo sysctl -w net.core.somaxconn=20000.',
  ],
  'preflight-addresses': [
    { addresses: 2, each: 28_231 },
    'The generator connects from 2 loopback addresses, because each address has ports for only 28,231 connections (ip_local_port_range).',
    'The generator connects from 2 to 4 loopback addresses, because each address has ports for only 28,231 to 56,462 connections (ip_local_port_range).',
  ],
  'preflight-handshake-ports': [
    { addresses: 20, ports: 254_080 },
    'The generator connects from 20 loopback addresses with 254,080 ports, because a port that was used remains in TIME_WAIT for a minute.',
    'The generator connects from 20 to 40 loopback addresses with 254,080 to 508,160 ports, because a port that was used remains in TIME_WAIT for a minute.',
  ],
  'preflight-memory': [
    {
      connections: 100_000,
      plainBytes: 1_073_741_824,
      tlsBytes: 3_221_225_472,
      availableBytes: 2_147_483_648,
    },
    '100,000 connections take an estimated 1 GiB of memory, or 3 GiB with TLS; 2 GiB is available.',
    '100,000 to 200,000 connections take an estimated 1 to 2 GiB of memory, or 3 to 6 GiB with TLS; 2 to 4 GiB is available.',
  ],
  'engine-schedule': [
    { bun: '1.2.3' },
    "The generator runs on Node, which keeps to a schedule more precisely than Bun 1.2.3: the threads of Bun's compiler take CPU time from the generator. Use --engine bun to run it on Bun.",
  ],
  'engine-large-messages': [
    { bun: '1.2.3', mostBytes: 16_384 },
    'The lean client and the lean echo server run on Node, because Bun 1.2.3 uses more CPU than Node for messages larger than 16 KiB without TLS. Use --engine bun to run them on Bun.',
    'The lean client and the lean echo server run on Node, because Bun 1.2.3 uses more CPU than Node for messages larger than 16 to 32 KiB without TLS. Use --engine bun to run them on Bun.',
  ],
  'engine-node': [
    { remedy: 'Install it' },
    'The lean client and the lean echo server run on Node, because this machine has no Bun. On Bun they use less CPU and leave more of it to Nginx. Install it.',
  ],
  'carrier-mixed': [
    {},
    'The lean client and the lean echo server use sockets instead of io_uring for all variants, because some variants have TLS, which io_uring does not support.',
  ],
  'carrier-needs-bun': [
    {},
    'The lean client and the lean echo server use sockets instead of io_uring, which needs Bun.',
  ],
  'carrier-refused': [
    { error: 'EPERM' },
    'The lean client and the lean echo server use sockets instead of io_uring, because the system refused it (io_uring_setup: EPERM). Allow io_uring with sudo sysctl -w kernel.io_uring_disabled=0. A container also needs docker run --security-opt seccomp=unconfined.',
  ],
  'cpu-quota': [
    { quota: 1.5, shown: 8, planned: 2 },
    'The control group allows 1.5 of the 8 CPUs that this system shows, so processes are planned for 2 CPUs. Once the quota is used up, all processes pause until its next period, for up to 0.1 s, and latencies include these pauses.',
    'The control group allows 1.5 to 3 of the 8 to 16 CPUs that this system shows, so processes are planned for 2 to 4 CPUs. Once the quota is used up, all processes pause until its next period, for up to 0.1 s, and latencies include these pauses.',
  ],
  'cpu-throttled': [
    { us: 120_000 },
    'The control group used up its CPU quota during the load, and its processes could not run for 120 ms in total (cpu.stat). Latencies include that time. Raise the quota, or run fewer processes.',
    'The control group used up its CPU quota during the load, and its processes could not run for 120 to 240 ms in total (cpu.stat). Latencies include that time. Raise the quota, or run fewer processes.',
  ],
  'listen-overflow': [
    { count: 1 },
    'The backlog of a listening socket overflowed 1 time (TcpExt: ListenOverflows), and the affected handshakes took 1 s or 3 s longer. Lower --ramp, or raise net.core.somaxconn.',
    'The backlog of a listening socket overflowed 1 to 2 times (TcpExt: ListenOverflows), and the affected handshakes took 1 s or 3 s longer. Lower --ramp, or raise net.core.somaxconn.',
  ],
  'machine-busy': [
    { share: 0.21 },
    'The machine was 21 % busy with other work before the first run. Other work makes metrics vary: compare only ratios that were measured in one session.',
    'The machine was 21 to 42 % busy with other work before the first run. Other work makes metrics vary: compare only ratios that were measured in one session.',
  ],
  'no-process-figures': [
    {},
    'This system does not report the CPU time of its processes (Linux does, in /proc/<pid>/task/*/schedstat), so CPU, memory and context switches are not recorded, and the component that was the limit is unknown.',
  ],
  'recordings-missing': [
    { missing: 2, of: 10, generator: 1, host: 'localhost' },
    '2 of 10 recordings of generator 1 on localhost did not arrive: the seconds they cover are incomplete.',
    '2 to 4 of 10 to 20 recordings of generator 1 to 2 on localhost did not arrive: the seconds they cover are incomplete.',
  ],
  'slices-differ': [
    {
      counts: [
        { name: 'sent', slices: 90, totals: 100 },
        { name: 'lost', slices: 0, totals: 1 },
      ],
    },
    'The slices of the run do not add up to what the generators counted (sent 90, not 100, lost 0, not 1), so metrics and charts do not cover the whole run.',
    'The slices of the run do not add up to what the generators counted (sent 90 to 180, not 100 to 200, lost 0, not 1 to 2), so metrics and charts do not cover the whole run.',
  ],
  'threshold-missed': [
    { threshold: 'response.p99<50ms', metric: 'response.p99', value: 51_071, unit: 'time' },
    'response.p99<50ms: missed; response.p99 is 51.1 ms.',
    'response.p99<50ms: missed; response.p99 is 51.1 to 102 ms.',
  ],
  'target-address': [
    { host: 'chat.example.org', address: '192.0.2.7' },
    'All connections went to 192.0.2.7, the address of chat.example.org when the run began.',
  ],
  'target-unverified': [
    {},
    'The certificate of the server was not verified (--insecure), so the load may have gone to the wrong server.',
  ],
  'target-answers-any': [
    {},
    'Any message from the server counts as the answer to the oldest unanswered message (--expect any). If the server sends other messages, or answers in a different order, response times are wrong.',
  ],
  'target-answers-none': [
    {},
    'No answer was expected (--expect none), so this run only shows what was sent. Whether the server processed it is unknown.',
  ],
  'target-unasked': [
    { count: 1 },
    'The server sent 1 message while no message awaited an answer. Other such messages may have been mistaken for answers (--expect any), so response times may be too short.',
    'The server sent 1 to 2 messages while no message awaited an answer. Other such messages may have been mistaken for answers (--expect any), so response times may be too short.',
  ],
  'h2-not-used': [
    { alpn: null, extendedConnect: false },
    'The listener speaks HTTP/2 but does not advertise extended CONNECT (RFC 8441), so no WebSocket can run over HTTP/2 here. The WebSockets of this run negotiated no ALPN protocol and ran over HTTP/1.1, each on a connection of its own, so the metrics of this run say nothing about WebSocket over HTTP/2.',
  ],
  'tls-resumption': [
    { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', resumed: true, boringSsl: false },
    'TLSv1.3, TLS_AES_256_GCM_SHA384; a second connection resumed the session of the first. The connections of the load each make a full handshake.',
  ],
  'cache-serves-gets': [
    { share: 0.4, requests: 24_000, backend: 1, echoed: 9000, servers: 2 },
    'The cache answered 40 % of 24,000 ordinary GETs. In total, 1 GET reached an echo server. The cache does not affect WebSocket messages: all 9,000 echoes came from the 2 echo servers.',
    'The cache answered 40 to 80 % of 24,000 to 48,000 ordinary GETs. In total, 1 to 2 GETs reached an echo server. The cache does not affect WebSocket messages: all 9,000 to 18,000 echoes came from the 2 to 4 echo servers.',
  ],
  'generator-hosts': [
    {
      hosts: [
        { host: 'a', share: 0.4, lagUs: 1200, cpu: 0.31, errorUs: 120 },
        { host: 'b', share: null, lagUs: null, cpu: null, errorUs: 90 },
      ],
    },
    'The load came from 2 hosts. a: 40 % of the load, send lag p99 1.2 ms, generator CPU 31 % of a core, clock error 120 µs; b: no load, CPU time unknown, clock error 90 µs.',
    'The load came from 2 hosts. a: 40 to 80 % of the load, send lag p99 1.2 to 2.4 ms, generator CPU 31 to 62 % of a core, clock error 120 to 240 µs; b: no load, CPU time unknown, clock error 90 to 180 µs.',
  ],
  'hosts-differ': [
    {
      hosts: [
        {
          host: 'b',
          cpuUs: { own: 12, others: 6 },
          lagUs: { own: 4200, others: 300 },
          share: { own: 0.3, planned: 0.5 },
        },
      ],
    },
    'A generator host differs from the others: b used 12 µs of CPU time per message (the others 6 µs), had a send lag p99 of 4.2 ms (the others 300 µs) and sent 30 % of the messages on 50 % of the connections. The figures of this run combine all hosts, so this host may distort them. Check what else runs there, or leave it out.',
    'A generator host differs from the others: b used 12 to 24 µs of CPU time per message (the others 6 to 12 µs), had a send lag p99 of 4.2 to 8.4 ms (the others 300 to 600 µs) and sent 30 to 60 % of the messages on 50 to 100 % of the connections. The figures of this run combine all hosts, so this host may distort them. Check what else runs there, or leave it out.',
  ],
  'proxy-host': [
    {
      ...{ host: 'p', cpus: 4, cpuModel: 'Xeon', kernel: '6.1', workers: 2 },
      ...{ cpu: 1.2, used: 0.4, errorUs: 80 },
    },
    'The agent p observed Nginx on the same host (4 CPUs, Xeon, kernel 6.1): 2 workers and the master used 120 % of a core, all CPUs together were 40 % used, clock error 80 µs.',
    'The agent p observed Nginx on the same host (4 to 8 CPUs, Xeon, kernel 6.1): 2 to 4 workers and the master used 120 to 240 % of a core, all CPUs together were 40 to 80 % used, clock error 80 to 160 µs.',
  ],
  'http-failed': [
    { failed: 16, asked: 17, path: '/page', answered: { '4xx': 2, '5xx': 7 }, lost: 3, unanswered: 4 },
    '16 of 17 ordinary GETs of /page failed (2 answered with 4xx, 7 answered with 5xx, 3 lost with their connections, 4 not answered in time). HTTP metrics cover only the GETs that succeeded and say nothing about a cache. Use --no-http to skip all ordinary GETs.',
    '16 to 32 of 17 to 34 ordinary GETs of /page failed (2 to 4 answered with 4xx, 7 to 14 answered with 5xx, 3 to 6 lost with their connections, 4 to 8 not answered in time). HTTP metrics cover only the GETs that succeeded and say nothing about a cache. Use --no-http to skip all ordinary GETs.',
  ],
  'worker-skew': [
    { least: 100, most: 150 },
    'Connections are spread unevenly over the Nginx workers: from 100 to 150 per worker. A connection stays with the worker that accepted it. With listen … reuseport, a hash distributes the connections.',
    'Connections are spread unevenly over the Nginx workers: from 100 to 300 per worker. A connection stays with the worker that accepted it. With listen … reuseport, a hash distributes the connections.',
  ],
  'ramp-not-reached': [
    { perSecond: 5, asked: 100 },
    'Connections were opened at 5 per second instead of the requested 100.',
    'Connections were opened at 5 to 10 per second instead of the requested 100 to 200.',
  ],
  'pacing-spin': [
    { cores: 0.42, perMessageUs: 8.4, lagUs: 12 },
    'The generator spins until the next message is due: it used 42 % of a core, 8.4 µs per message including the wait, and send lag p99 was 12 µs.',
    'The generator spins until the next message is due: it used 42 to 84 % of a core, 8.4 to 16.8 µs per message including the wait, and send lag p99 was 12 to 24 µs.',
  ],
  'pacing-sleep': [
    { cores: 0.042, perMessageUs: null, lagUs: null },
    'The generator has no CPU to itself, so it sleeps until the next message is due: it used 4.2 % of a core.',
    'The generator has no CPU to itself, so it sleeps until the next message is due: it used 4.2 to 8.4 % of a core.',
  ],
  'comeback-lag': [
    { lagUs: 172_000 },
    'While clients reconnected, the generator sent messages late (send lag p99 was 172 ms), because one machine does the work of all clients. The response times in that period, and the times that clients took to reconnect, include this delay. The generator was on time before and after.',
    'While clients reconnected, the generator sent messages late (send lag p99 was 172 to 344 ms), because one machine does the work of all clients. The response times in that period, and the times that clients took to reconnect, include this delay. The generator was on time before and after.',
  ],
  'nginx-worker-ended': [
    { count: 1, how: 'on signal 9' },
    'An Nginx worker process exited on signal 9 during this run or the HTTP requests before it. Its connections were cut, and the worker that replaced it started without connections.',
    '1 to 2 Nginx worker processes exited during this run or the HTTP requests before it, the first on signal 9. Their connections were cut, and the workers that replaced them started without connections.',
  ],
  'nginx-log': [
    { lines: 1, first: '[warn] one' },
    'Nginx logged 1 line at level warn or above; the first: [warn] one',
    'Nginx logged 1 to 2 lines at level warn or above; the first: [warn] one',
  ],
  conservation: [
    { generators: [2] },
    'The counts of generator 2 do not add up: sent is not echoed + outstanding + lost. This is a defect of the bench; please report it.',
    'The counts of the generators do not add up: sent is not echoed + outstanding + lost. This is a defect of the bench; please report it.',
  ],
  'temporary-folder-full': [
    {},
    'The disk of the temporary folder is full: Nginx may have lost lines of its logs, and with them the cause of a failure. Free some space, or set TMPDIR to another folder.',
  ],
  'affinity-missing': [
    {},
    'The bench could not pin processes to CPUs, because taskset (package util-linux) is not on PATH. The kernel chose where they ran, so the generator and the echo servers may have taken CPU time from Nginx: metrics vary more, and the limit is harder to identify.',
  ],
  'affinity-refused': [
    {},
    'The bench could not pin processes to CPUs, because the system does not allow it to call sched_setaffinity, as is common in containers. The kernel chose where they ran, so the generator and the echo servers may have taken CPU time from Nginx: metrics vary more, and the limit is harder to identify.',
  ],
  'placement-differs': [
    {
      step: 'latency',
      placed: [
        { variant: 'plain', cpus: { proxy: '1', server: '0', generator: '0,2', runner: '' } },
        { variant: 'tls', cpus: null },
      ],
    },
    'In the latency step, the variants did not all run on the same CPUs, which may explain a difference between them. plain: Nginx 1; servers 0; generators 0,2. tls: chosen by the kernel.',
  ],
  'variant-passed-over': [
    { variant: 'stream', missing: 'This Nginx has no stream module.' },
    'stream was skipped: This Nginx has no stream module.',
  ],
  'nginx-versions': [
    {
      sides: [
        {
          variants: ['plain', 'tls'],
          version: '1.26.3',
          openssl: 'OpenSSL 3.0.19',
          origin: '/usr/sbin/nginx',
        },
        { variants: ['tls@new'], version: '1.29.1', openssl: null, origin: 'nginx of debian:trixie' },
      ],
    },
    'plain, tls: Nginx 1.26.3, OpenSSL 3.0.19, /usr/sbin/nginx; tls@new: Nginx 1.29.1, no TLS, nginx of debian:trixie. A difference between these variants may be due to Nginx or to its libraries.',
  ],
  'disturbed-seconds': [
    {
      count: 2,
      seconds: [3, 7],
      of: 10,
      stolen: null,
      other: 0.12,
      all: { perSecond: 9000, responseUs: 1500, sendLagUs: 20 },
      undisturbed: { perSecond: 12_000, responseUs: 900, sendLagUs: 10 },
    },
    '2 of 10 seconds of the steady phase were disturbed (3, 7): other work took up to 12 % of the CPU time. Throughput was 9k/s over all seconds and 12k/s over the undisturbed ones. Response time p99 was 1.5 ms over all seconds and 900 µs over the undisturbed ones. Send lag p99 was 20 µs over all seconds and 10 µs over the undisturbed ones.',
    '2 to 4 of 10 to 20 seconds of the steady phase were disturbed: other work took up to 24 % of the CPU time. Throughput was 9 to 18k/s over all seconds and 12 to 24k/s over the undisturbed ones. Response time p99 was 1.5 to 3 ms over all seconds and 900 µs to 1.8 ms over the undisturbed ones. Send lag p99 was 20 to 40 µs over all seconds and 10 to 20 µs over the undisturbed ones.',
  ],
  'sandbox-location': [
    {
      path: '/ws',
      location: '/ws',
      place: 'nginx.conf:5',
      others: [{ location: '/', place: 'nginx.conf:9' }],
    },
    'WebSockets are opened at /ws, which is handled by "location /ws" at nginx.conf:5. Other locations that also pass on the Upgrade header: "location /" at nginx.conf:9. Use --ws-path to choose another path.',
  ],
  'sandbox-upgrade': [
    {
      version: '1.22.1',
      location: '/ws',
      place: 'nginx.conf:5',
      missing: ['proxy_http_version 1.1;'],
      map: 'map $a $b { }',
    },
    'Nginx 1.22.1 does not pass on the upgrade in "location /ws" at nginx.conf:5. Add to this location: proxy_http_version 1.1; Add to the http block: map $a $b { }',
  ],
};

test('every sentence is asserted, so a new one needs an example', () => {
  const changes = Object.keys(CHANGES).map((change) => `sandbox-${change}`);
  const asserted = [...Object.keys(EXAMPLES), ...changes, ...Object.keys(CHECK)];
  assert.deepEqual(asserted.toSorted(), Object.keys(SENTENCES).toSorted());
});

for (const [code, [data, text, merged]] of Object.entries(EXAMPLES)) {
  test(`${code}: the sentence for one run, and for several`, () => {
    const [one, two] = [data as Fact, doubled(data as Fact)].map((each) =>
      finding(code as Code, each as never),
    );
    assert.ok(one && two);
    assert.equal(one.text, text);
    assert.equal(mergedFinding([one, two])?.text, merged ?? text);
  });
}

/** Returns a fact with all its numbers doubled. */
function doubled(fact: Fact): Fact {
  if (typeof fact === 'number') return 2 * fact;
  if (typeof fact !== 'object' || fact === null) return fact;
  if (Array.isArray(fact)) return fact.map(doubled);
  return Object.fromEntries(Object.entries(fact).map(([name, each]) => [name, doubled(each)]));
}

test('parts of sentences that depend on the data', () => {
  const quiet: BusyFacts = { proxy: null, server: null, generator: null };
  const text = <C extends Code>(code: C, data: DataOf<C>) => finding(code, data).text;
  const said: [text: string, part: RegExp][] = [
    [
      text('losses', { failed: 0, asked: 1, lost: 1, unsent: 0 }),
      /^0 of 1 connection failed and 1 message was lost\.$/,
    ],
    [text('runner-stopped', { gapsUs: [2e6], seconds: [] }), /no sample for 2 s\. For that time, CPU/],
    [
      text('limited-by', { component: 'machine', evidence: { kind: 'full-cpus', used: 0.97, busy: quiet } }),
      /^The machine had no CPU time left: all processes together used 97 % of the CPUs, although no single process was at its limit; nothing is known about the processes\.$/,
    ],
    [text('limit', { evidence: { kind: 'busy', busy: quiet } }), /^Nothing is known about the processes\.$/],
    [
      text('limit', { evidence: { kind: 'unobserved', busy: quiet } }),
      /^The generator was not the limit, and the server was not observed;/,
    ],
    [
      text('limit', {
        evidence: { kind: 'unobserved', busy: { ...quiet, proxy: { busiest: 0.4, least: null } } },
      }),
      /^Neither Nginx nor the generator was the limit, and nothing behind Nginx was observed; the busiest Nginx worker/,
    ],
    [
      text('limited-by', { component: 'machine', evidence: { kind: 'full-host', used: 0.98, busy: quiet } }),
      /^The machine had no CPU time left: Nginx and everything else on its host used 98 % of the CPUs there;/,
    ],
    [text('limit', { evidence: { kind: 'idle', used: 0, busy: quiet } }), /^No process was busy; nothing/],
    [
      text('limit', { evidence: { kind: 'idle', used: 0.2, busy: quiet } }),
      /^No process was busy, and all processes together used 20 % of the CPUs; /,
    ],
    [
      text('handshake-losses', { started: 9, refused: 0, broken: 1, unstarted: 0, lost: 0 }),
      /^1 open connection ended unexpectedly\.$/,
    ],
    [text('generator-busy', { share: 0.5, isExternal: true }), /rather than the server\.$/],
    [text('generator-busy', { share: 0.5, isExternal: false }), /rather than Nginx\.$/],
    [
      text('disturbed-seconds', {
        ...{ count: 1, seconds: [3], of: 10, stolen: null, other: 0.2, work: 'handshakes' },
        all: { perSecond: 9, responseUs: null, sendLagUs: 20 },
        undisturbed: { perSecond: 12, responseUs: 900, sendLagUs: null },
      }),
      /CPU time\. Connections were opened at 9\/s over all seconds and 12\/s over the undisturbed ones\.$/,
    ],
    [
      text('preflight-handshake-ports', { addresses: 1, ports: 5 }),
      /from one loopback address with 5 ports,/,
    ],
    [
      text('preflight-handshake-ports', { addresses: 2, ports: 5 }),
      /from 2 loopback addresses with 5 ports,/,
    ],
    [
      text('cpu-quota', { quota: 1.2345, shown: 4, planned: 1 }),
      /allows 1\.23 of the 4 CPUs .* for 1 CPU\. /,
    ],
    [
      text('carrier-refused', { error: 'EPERM' }),
      /\(io_uring_setup: EPERM\)\. Allow io_uring with sudo sysctl /,
    ],
    [text('carrier-refused', { error: 'EACCES' }), /: EACCES\)\. Allow io_uring with sudo sysctl /],
    [text('carrier-refused', { error: 'ENOMEM' }), /: ENOMEM\)\. Allow more locked memory with ulimit -l\.$/],
    [text('carrier-refused', { error: 'ENOSYS' }), /: ENOSYS\)\. io_uring needs Linux 6\.1 or later\.$/],
    [text('off-schedule', {}), /^The run did not keep to its schedule\.$/],
    [
      text('disturbed', { count: 1, seconds: [3], of: 10, stolen: 0.3, other: 0.2 }),
      /^1 of 10 seconds of the steady phase was disturbed \(3\): the host withheld up to 30 % of the CPU time and other work took up to 20 % of the CPU time\.$/,
    ],
    [
      text('threshold-missed', { threshold: 'a<1', metric: 'a', value: null, unit: 'time' }),
      /^a<1: missed; this run has no a \(too few samples/,
    ],
    [
      text('h2-not-used', { alpn: 'http/1.1', extendedConnect: true }),
      /and advertises extended CONNECT .* negotiated http\/1\.1 and ran over HTTP\/1\.1/,
    ],
    [
      text('tls-resumption', { protocol: 'TLSv1.2', cipher: null, resumed: false, boringSsl: true }),
      /^TLSv1\.2, unknown cipher; a second connection could not resume .* full handshake, and prefer TLS_AES_128_GCM_SHA256, as Bun \(BoringSSL\) does\.$/,
    ],
    [
      text('cache-serves-gets', { share: 1, requests: 1, backend: 0, echoed: 1, servers: 1 }),
      /all 1 echo came from the echo server\.$/,
    ],
    [
      text('http-failed', { failed: 1, asked: 10, path: '/', answered: {}, lost: 0, unanswered: 0 }),
      /^1 of 10 ordinary GETs of \/ failed\. /,
    ],
    [
      text('nginx-worker-ended', { count: 2, how: 'on signal 9' }),
      /^2 Nginx worker processes exited during .*, the first on signal 9\. Their/,
    ],
    [
      text('send-lag', { lagUs: 11_700, share: 0.3, work: 'handshakes' }),
      /^The generator started handshakes late: /,
    ],
    [
      text('rate-missed', { ratio: 0.48, work: 'handshakes' }),
      /^Only 48 % of the connections due in the steady phase were opened during that phase\.$/,
    ],
    [
      text('late-echoes', { share: 0.47, work: 'handshakes' }),
      /^Only 47 % of the connections due in the steady phase were open within 1 s /,
    ],
    [
      text('backlog', { outstanding: 340, work: 'handshakes' }),
      /^The steady phase began with 340 handshakes still in progress: /,
    ],
    [
      text('step-without-echo', { step: 'fastest', work: 'handshakes' }),
      /^No connection was opened in its fastest step\.$/,
    ],
    [text('cpu-unknown', { work: 'handshakes' }), /^The CPU time per handshake, /],
    [
      text('rate-chosen', {
        variant: 'tls',
        proxyUs: null,
        serverUs: null,
        generatorUs: 300,
        wsRatio: 1,
        step: 'fastest',
        work: 'handshakes',
      }),
      /CPU time per handshake in the fastest step\. tls uses .* the generator 300 µs per handshake\.$/,
    ],
    [text('conservation', { generators: [] }), /^The counts of the generators do not/],
    [
      text('disturbed-seconds', {
        count: 1,
        seconds: [1],
        of: 1,
        stolen: null,
        other: 1,
        all: null,
        undisturbed: null,
      }),
      /There is no undisturbed second to compare with\.$/,
    ],
    [text('sandbox-location', { path: '/a', location: '/', place: 'a:1', others: [] }), /at a:1\. Use/],
  ];
  for (const [whole, part] of said) assert.match(whole, part);
});

test('changes by the sandbox name the change, the directives and their lines', () => {
  const directives = [
    { directive: 'include', argument: 'sites/*', places: ['nginx.conf:5', 'nginx.conf:9'], more: 0 },
    { directive: 'resolver', argument: null, places: ['a.conf:1'], more: 3 },
    { directive: 'TOKEN', argument: null, places: [], more: 0 },
  ];
  for (const [change, what] of Object.entries(CHANGES)) {
    const { text } = finding(`sandbox-${change as Change}`, { directives });
    assert.equal(
      text,
      `${what}: include sites/* (nginx.conf:5, nginx.conf:9), resolver (a.conf:1 and 3 more), TOKEN.`,
    );
  }
});
