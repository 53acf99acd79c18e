/**
 * The filters of a published site's index. Items that match all selected values are shown. The selection is
 * stored in the URL, so it can be shared and is preserved when the user returns from a report.
 */
const form = document.querySelector<HTMLFormElement>('#filters');
const status = document.querySelector('#matches');
const items = [...document.querySelectorAll<HTMLElement>('[data-has]')].map((element) => ({
  element,
  has: new Set((element.dataset.has ?? '').split(' ')),
}));
const results = items.filter(({ element }) => element.closest('#results') !== null);

function selects(): HTMLSelectElement[] {
  return [...(form?.querySelectorAll('select') ?? [])];
}

function show(): void {
  const asked = selects().flatMap(({ value }) => (value === '' ? [] : [value]));
  for (const { element, has } of items) element.hidden = !asked.every((token) => has.has(token));
  for (const none of document.querySelectorAll<HTMLElement>('.none')) {
    const own = [...(none.parentElement?.querySelectorAll<HTMLElement>('[data-has]') ?? [])];
    none.hidden = own.length === 0 || own.some(({ hidden }) => !hidden);
  }
  const shown = results.filter(({ element }) => !element.hidden).length;
  if (status !== null) status.textContent = `${shown} of ${results.length} results`;
}

/**
 * Stores an option's text rather than its number, because the number may change when the site is published
 * again.
 */
function remember(): void {
  const asked = selects().flatMap(({ name, value, selectedOptions }) =>
    value === '' ? [] : [[name, selectedOptions[0]?.text ?? '']],
  );
  const query = new URLSearchParams(asked).toString();
  history.replaceState(null, '', query === '' ? location.pathname : `#${query}`);
}

function recall(): void {
  const query = new URLSearchParams(location.hash.slice(1));
  for (const select of selects()) {
    const text = query.get(select.name);
    const option = [...select.options].find((each) => each.value !== '' && each.text === text);
    select.value = option?.value ?? '';
  }
}

if (form !== null) {
  form.hidden = false;
  form.addEventListener('change', () => {
    remember();
    show();
  });
  form.addEventListener('reset', (event) => {
    event.preventDefault();
    for (const select of selects()) select.value = '';
    remember();
    show();
  });
  recall();
  show();
}
