// Bun's publish (uWebSockets inside): a payload of BYTES to everybody, PER_SECOND times. Usage: bun_publish.mjs BYTES PER_SECOND; prints its port.

const [bytes, perSecond] = process.argv.slice(2).map(Number);
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response('a WebSocket is wanted', { status: 400 })),
  websocket: {
    open: (socket) => socket.subscribe('room'),
    message: () => undefined,
    idleTimeout: 0,
    perMessageDeflate: false,
  },
});
const payload = new Uint8Array(bytes);
setInterval(() => server.publish('room', payload), 1000 / perSecond);
console.log(server.port);
