/**
 * The page of a running bench. Shows the state sent by the server in its header, and reloads the report whenever
 * the server has redrawn it. All markup comes from the server, where it is escaped.
 */
function start(): void {
  const link = element('link');
  const state = element('state');
  const source = new EventSource('events');
  let loaded = Promise.resolve();
  source.addEventListener('open', () => {
    link.textContent = 'is running';
  });
  source.addEventListener('error', () => {
    link.textContent = 'does not answer: what follows is what was told last';
  });
  source.addEventListener('state', ({ data }) => {
    state.innerHTML = JSON.parse(data);
  });
  source.addEventListener('report', ({ data }) => {
    loaded = load(element('report'), `report?${data}`);
  });
  // The server waits until the last report is loaded and this page has disconnected.
  source.addEventListener('end', () => {
    loaded.then(() => {
      source.close();
      link.textContent = 'has ended: this is the whole report';
      state.replaceChildren();
    });
  });
}

/** The new report takes the place of the old one when it is there: as far open, and scrolled to where that was. */
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
