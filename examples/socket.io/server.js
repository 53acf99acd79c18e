import { createServer } from 'node:http';
import { Server } from 'socket.io';

// A chat that acknowledges each message, and sends nothing to the other clients.
const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
const http = createServer();
const io = new Server(http, { path: '/websocket', addTrailingSlash: false, transports: ['websocket'] });

io.on('connection', (socket) => {
  socket.on('say', (text, acknowledge) => acknowledge(text));
});

http.listen(port, '127.0.0.1');
