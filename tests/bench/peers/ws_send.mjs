// The ws package for Node: a payload of BYTES to everybody, PER_SECOND times. Usage: ws_send.mjs BYTES PER_SECOND; prints its port.

import { WebSocketServer } from 'ws';

const [bytes, perSecond] = process.argv.slice(2).map(Number);
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', backlog: 4096, perMessageDeflate: false });
server.on('listening', () => console.log(server.address().port));
const payload = Buffer.alloc(bytes);
setInterval(() => {
  for (const socket of server.clients) socket.send(payload, { binary: true });
}, 1000 / perSecond);
