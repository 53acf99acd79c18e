import { Aedes } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';

const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
const broker = await Aedes.createBroker();
const server = new WebSocketServer({ host: '127.0.0.1', port, path: '/websocket' });

server.on('connection', (socket, request) => {
  const stream = createWebSocketStream(socket);
  // A client that disappears ends its connection, not the broker.
  stream.on('error', () => stream.destroy());
  broker.handle(stream, request);
});
