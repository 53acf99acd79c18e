import { byId, formatMs } from './dom.ts';

/** Maximum number of lines on the page; older ones are removed. */
const MOST_LINES = 200;

/** Opens a WebSocket on which the user can send messages and see the replies. */
export function startConversation(url: string): void {
  const state = byId('state', HTMLElement);
  const lines = byId('conversation', HTMLOListElement);
  const message = byId('message', HTMLInputElement);
  const send = byId('send', HTMLButtonElement);
  const connection = byId('connection', HTMLButtonElement);
  let socket: WebSocket | null = null;
  /** Send times of the messages that have no reply yet. Replies arrive in the order of the messages. */
  let sentAt: number[] = [];

  function show(text: string, aside = ''): void {
    const line = document.createElement('li');
    line.textContent = text;
    if (aside !== '') {
      const span = document.createElement('span');
      span.textContent = ` ${aside}`;
      line.append(span);
    }
    lines.append(line);
    while (lines.childElementCount > MOST_LINES) lines.firstElementChild?.remove();
    line.scrollIntoView({ block: 'nearest' });
  }

  function showState(text: string, isOpen: boolean): void {
    state.textContent = text;
    send.disabled = !isOpen;
    connection.textContent = isOpen ? 'Disconnect' : 'Connect';
  }

  function connect(): void {
    const opened = new WebSocket(url);
    socket = opened;
    sentAt = [];
    state.textContent = 'connecting';
    opened.addEventListener('open', () => {
      showState('connected', true);
      show('WebSocket connected');
    });
    opened.addEventListener('message', ({ data }) => {
      const at = sentAt.shift();
      show(String(data), at === undefined ? '' : `after ${formatMs(performance.now() - at)}`);
    });
    opened.addEventListener('close', ({ code, reason }) => {
      socket = null;
      showState('not connected', false);
      show(`WebSocket disconnected (${code}${reason === '' ? '' : ` ${reason}`})`);
    });
  }

  connection.addEventListener('click', () => (socket === null ? connect() : socket.close(1000)));
  byId('say', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (socket?.readyState !== WebSocket.OPEN) return;
    show(`You: ${message.value}`);
    sentAt.push(performance.now());
    socket.send(message.value);
    message.select();
  });
  connect();
}
