import { GRAPHQL_TRANSPORT_WS_PROTOCOL, MessageType, parseMessage, stringifyMessage } from 'graphql-ws';
import { defineScenario } from 'nginx-ws-bench';

const QUERY = 'query Echo($text: String!) { echo(text: $text) }';

export default defineScenario({
  name: 'graphql',
  title: 'GraphQL queries',
  question: 'How many queries does it carry, and how fast are they answered?',
  steps: [
    { name: 'graphql', load: 'closed' },
    { name: 'graphql-latency', load: 'open' },
  ],
  handshake: { subprotocols: [GRAPHQL_TRANSPORT_WS_PROTOCOL] },
  recorded: { counters: ['completed'] },
  metrics: [
    {
      name: 'graphql.completed',
      title: 'queries completed per second',
      of: { counter: 'completed', per: 'second' },
      better: 'higher',
    },
  ],
  conversation: ({ recorder, clock }) => ({
    open: (talker) => talker.send(stringifyMessage({ type: MessageType.ConnectionInit })),
    request: (_, sequence) =>
      stringifyMessage({
        type: MessageType.Subscribe,
        id: String(sequence),
        payload: { query: QUERY, variables: { text: `message ${sequence}` } },
      }),
    message(talker, bytes) {
      const message = parseMessage(bytes.toString());
      switch (message.type) {
        case MessageType.ConnectionAck:
          return 'ready';
        case MessageType.Next:
          return message.id === String(talker.awaited) ? 'answer' : 'mismatch';
        case MessageType.Complete:
          recorder.at(clock());
          recorder.count('completed');
          return 'other';
        case MessageType.Ping:
          talker.send(stringifyMessage({ type: MessageType.Pong }));
          return 'other';
        default:
          return 'mismatch';
      }
    },
  }),
});
