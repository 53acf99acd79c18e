import { generate, type Packet, type Parser, parser } from 'mqtt-packet';
import { defineScenario } from 'nginx-ws-bench';

const MOST_IDS = 65_535;

interface Client {
  parser: Parser;
  /** Packets that the parser has found in the last message. */
  packets: Packet[];
  /** Time at which each message without a PUBACK was published, in µs, by packet identifier. */
  publishedUs: Map<number, number>;
}

/**
 * Each client subscribes to its own topic and publishes to it with QoS 1. A message counts as answered when the broker
 * delivers it. The time of its acknowledgement is recorded separately.
 */
export default defineScenario<Client>({
  name: 'mqtt',
  title: 'MQTT publications',
  question: 'How long until the broker delivers a message, and until it acknowledges it?',
  steps: [{ name: 'mqtt', load: 'open' }],
  handshake: { subprotocols: ['mqtt'] },
  recorded: {
    counters: ['published', 'acknowledged'],
    gauges: ['unacknowledged'],
    histograms: ['acknowledgement'],
  },
  conservation: [{ whole: 'published', parts: ['acknowledged', 'unacknowledged'] }],
  metrics: [
    {
      name: 'mqtt.acknowledgement.p50',
      title: 'time to acknowledgement p50',
      of: { histogram: 'acknowledgement', statistic: 'p50' },
    },
    {
      name: 'mqtt.acknowledgement.p99',
      title: 'time to acknowledgement p99',
      of: { histogram: 'acknowledgement', statistic: 'p99' },
    },
  ],
  compared: [
    { name: 'cpuPerMessage.proxy', step: 'mqtt', weight: 40, headline: true },
    { name: 'response.p50', step: 'mqtt', weight: 40, headline: true },
    { name: 'mqtt.acknowledgement.p50', step: 'mqtt', weight: 20, headline: false },
  ],
  conversation({ recorder, clock }) {
    let unacknowledged = 0;
    recorder.level('unacknowledged', () => unacknowledged);
    const acknowledged = ({ publishedUs }: Client, id: number) => {
      const atUs = publishedUs.get(id);
      if (atUs === undefined) return false;
      publishedUs.delete(id);
      unacknowledged--;
      const nowUs = clock();
      recorder.at(nowUs);
      recorder.count('acknowledged');
      recorder.record('acknowledgement', nowUs - atUs);
      return true;
    };
    return {
      state() {
        const packets: Packet[] = [];
        const own = parser();
        own.on('packet', (packet) => packets.push(packet));
        return { parser: own, packets, publishedUs: new Map() };
      },
      open: ({ id, send }) =>
        send(
          generate({
            cmd: 'connect',
            protocolId: 'MQTT',
            protocolVersion: 4,
            clientId: `bench-${id}`,
            clean: true,
            keepalive: 0,
          }),
        ),
      request({ id, state }, sequence) {
        const messageId = (sequence % MOST_IDS) + 1;
        const nowUs = clock();
        state.publishedUs.set(messageId, nowUs);
        unacknowledged++;
        recorder.at(nowUs);
        recorder.count('published');
        return generate({
          cmd: 'publish',
          topic: `bench/${id}`,
          payload: String(sequence),
          qos: 1,
          messageId,
          dup: false,
          retain: false,
        });
      },
      message(talker, bytes) {
        const { state, id, awaited } = talker;
        // MQTT is a stream: a message may carry part of a packet, or several packets. The parser buffers incomplete ones.
        state.parser.parse(Buffer.from(bytes));
        let answered = 0;
        return state.packets.splice(0).map((packet) => {
          if (packet.cmd === 'connack') {
            const subscriptions = [{ topic: `bench/${id}`, qos: 0 as const }];
            talker.send(generate({ cmd: 'subscribe', messageId: 1, subscriptions }));
            return 'other';
          }
          if (packet.cmd === 'suback') return 'ready';
          if (packet.cmd === 'puback')
            return acknowledged(state, packet.messageId ?? 0) ? 'other' : 'mismatch';
          if (packet.cmd !== 'publish') return 'mismatch';
          return String(packet.payload) === String(awaited + answered++) ? 'answer' : 'mismatch';
        });
      },
    };
  },
});
