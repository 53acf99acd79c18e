import { startConversation } from './conversation.ts';
import { byId } from './dom.ts';
import { watchLoad } from './load-panel.ts';
import { readTopology, websocketUrl } from './topology.ts';

const topology = await readTopology();
const url = websocketUrl(topology, location);

byId('name', HTMLElement).textContent = topology.name;
byId('title', HTMLElement).textContent = topology.title;
byId('url', HTMLElement).textContent = url;
document.title = `${topology.name}: WebSocket through Nginx`;
// `nextHopProtocol` is `h2` or `http/1.1` (RFC 7301). Browsers do not report the protocol of WebSockets.
const [navigation] = performance.getEntriesByType('navigation');
byId('protocol', HTMLElement).textContent =
  navigation instanceof PerformanceNavigationTiming ? navigation.nextHopProtocol : 'unknown';

startConversation(url);
watchLoad(url, topology);
