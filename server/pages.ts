/** A response to a plain HTTP request; the same for every kind of server. */
export interface Page {
  status: 200 | 405 | 426;
  /** Response headers. A Connection header, if present, asks to close the connection. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/**
 * Paths at which users expect a WebSocket: `/websocket` (used in the article that the bench examines) and the
 * root (which users try first).
 */
const WEBSOCKET_PATHS = new Set(['/', '/websocket']);

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };

const HEALTH: Page = { status: 200, headers: TEXT, body: Buffer.from('ok') };

const CACHEABLE: Page = {
  status: 200,
  headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'public, max-age=60' },
  body: Buffer.from(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>A page beside the WebSocket</title>
<meta name="viewport" content="width=device-width">
</head>
<body>
<h1>A page beside the WebSocket</h1>
<p>An application that speaks WebSocket serves ordinary pages as well: the document, scripts, styles,
configuration, and a polling fallback. A cache in the proxy can answer for those, as this page allows for
sixty seconds, and so spare the server behind it.</p>
<p>What goes over the WebSocket after the upgrade is another matter: it is a stream of frames in both
directions, no request and no response, and no cache looks at it.</p>
<script>
const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/websocket');
socket.addEventListener('open', () => socket.send('Hello, server!'));
socket.addEventListener('message', (event) => {
  document.body.append(Object.assign(document.createElement('p'), { textContent: event.data }));
});
</script>
</body>
</html>
`),
};

const NOT_ALLOWED: Page = {
  status: 405,
  headers: { ...TEXT, Allow: 'GET, HEAD' },
  body: Buffer.from('Only GET and HEAD.\n'),
};

/**
 * A 426 response must name the protocol in Upgrade, and list Upgrade in Connection (RFC 9110 sections 7.8 and
 * 15.5.22).
 */
const UPGRADE_REQUIRED: Page = {
  status: 426,
  headers: { ...TEXT, Connection: 'Upgrade, close', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
  body: Buffer.from('This is a WebSocket endpoint: connect with a WebSocket client.\n'),
};

/**
 * Returns the response to a plain HTTP request. All paths except those of WebSockets and `/health` have the
 * same page, because each configuration may forward different paths.
 *
 * @param target the request target, including the query
 */
export function pageFor(method: string, target: string): Page {
  if (method !== 'GET' && method !== 'HEAD') return NOT_ALLOWED;
  const [path = ''] = target.split('?');
  if (path === '/health') return HEALTH;
  return WEBSOCKET_PATHS.has(path) ? UPGRADE_REQUIRED : CACHEABLE;
}
