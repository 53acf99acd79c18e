/**
 * The page of a running benchmark. Its header shows the state that the server sends. The report is reloaded
 * whenever the server has redrawn it. All markup comes from the server, which escapes it.
 */
function start(): void {
  const link = element('link');
  const state = element('state');
  const source = new EventSource('events');
  let loaded = Promise.resolve();
  source.addEventListener('open', () => {
    link.textContent = 'running';
  });
  source.addEventListener('error', () => {
    link.textContent = 'not responding: this is the last state received';
  });
  source.addEventListener('state', ({ data }) => {
    state.innerHTML = JSON.parse(data);
  });
  source.addEventListener('report', ({ data }) => {
    loaded = load(element('report'), `report?${data}`);
  });
  // The server waits until this page has loaded the last report and disconnected.
  source.addEventListener('end', () => {
    loaded.then(() => {
      source.close();
      link.textContent = 'finished: this is the complete report';
      state.replaceChildren();
    });
  });
}

/** Replaces the report once the new one has loaded, keeping the open sections and the scroll position. */
function load(place: HTMLElement, address: string): Promise<void> {
  place.querySelector('.coming')?.remove();
  const before = place.firstElementChild;
  const frame = document.createElement('iframe');
  frame.title = 'Report';
  frame.className = 'coming';
  frame.src = address;
  return new Promise((resolve) => {
    frame.addEventListener('load', () => {
      if (before instanceof HTMLIFrameElement) {
        for (const { id } of before.contentDocument?.querySelectorAll('section:has(> details[open])') ?? [])
          frame.contentDocument?.querySelector(`#${id} > details`)?.toggleAttribute('open', true);
        frame.contentWindow?.scrollTo(0, before.contentWindow?.scrollY ?? 0);
      }
      before?.remove();
      frame.className = '';
      resolve();
    });
    place.append(frame);
  });
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`#${id} is missing`);
  return found;
}

start();
