import { decodePacket, type Packet as EnginePacket, encodePacket } from 'engine.io-parser';
import { defineScenario } from 'nginx-ws-bench';
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';

const encoder = new Encoder();

/** Encodes a Socket.IO packet within an Engine.IO message. */
function encoded(packet: Packet): string {
  const [data] = encoder.encode(packet);
  return withType('message', data);
}

function withType(type: EnginePacket['type'], data?: string): string {
  let text = '';
  encodePacket({ type, data }, true, (result) => {
    text = String(result);
  });
  return text;
}

export default defineScenario<{ decoder: Decoder; packets: Packet[] }>({
  name: 'socket-io',
  title: 'Socket.IO events',
  question: 'How long until the server acknowledges an event?',
  steps: [{ name: 'socket-io', load: 'open' }],
  handshake: { query: 'EIO=4&transport=websocket' },
  recorded: { counters: ['heartbeats'] },
  metrics: [{ name: 'socketIo.heartbeats', title: 'heartbeats', of: { counter: 'heartbeats' } }],
  conversation: ({ recorder, clock }) => ({
    state() {
      const packets: Packet[] = [];
      const decoder = new Decoder();
      decoder.on('decoded', (packet: Packet) => packets.push(packet));
      return { decoder, packets };
    },
    // The server sends the session first, and then expects the namespace.
    open() {},
    request: (_, sequence) =>
      encoded({ type: PacketType.EVENT, nsp: '/', id: sequence, data: ['say', `message ${sequence}`] }),
    message(talker, bytes) {
      const { type, data } = decodePacket(bytes.toString());
      if (type === 'open') {
        talker.send(encoded({ type: PacketType.CONNECT, nsp: '/', data: undefined }));
        return 'other';
      }
      if (type === 'ping') {
        recorder.at(clock());
        recorder.count('heartbeats');
        talker.send(withType('pong'));
        return 'other';
      }
      if (type !== 'message') return 'mismatch';
      const { decoder, packets } = talker.state;
      decoder.add(data);
      return packets.splice(0).map((packet) => {
        if (packet.type === PacketType.CONNECT) return 'ready';
        return packet.type === PacketType.ACK && packet.id === talker.awaited ? 'answer' : 'mismatch';
      });
    },
  }),
});
