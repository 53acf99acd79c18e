import type { Socket } from './load.ts';

/** Opens the browser's built-in WebSocket. */
export function openSocket(url: string): Socket {
  const socket = new WebSocket(url);
  return {
    send: (text) => socket.send(text),
    close: () => socket.close(1000),
    on({ open, message, close }) {
      socket.addEventListener('open', open);
      socket.addEventListener('message', ({ data }) => message(String(data)));
      socket.addEventListener('close', close);
    },
  };
}

/**
 * Makes a timer for short waits. Browser timers wait at least 4 ms. A message that the page posts to itself
 * arrives as soon as pending events are handled, so short waits poll with such messages.
 */
export function makeLater(): (ms: number, act: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const acts: (() => void)[] = [];
  port1.onmessage = () => acts.shift()?.();
  return (ms, act) => {
    if (ms > 0) {
      setTimeout(act, ms);
      return;
    }
    acts.push(act);
    port2.postMessage(null);
  };
}
