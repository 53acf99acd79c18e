/**
 * What a page shows apart from its sentences: elements, classes, links, coordinates, the figures in each text, and
 * the data of its charts. A golden file of it notices a wrong figure or coordinate anywhere on the page, and does
 * not change with the wording.
 */
export function outlineOf(page: string): string {
  const [, charts = '[]'] = /id="charts">(.*?)<\/script>/.exec(page) ?? [];
  const body = /<body[\s\S]*/.exec(page)?.[0] ?? page;
  const lines: string[] = [];
  const add = (text: string): void => {
    lines.push(`${lines.pop() ?? ''}${text}`);
  };
  for (const [, tag, name = '', attributes = '', text = ''] of body
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '')
    .matchAll(/(<\/?([a-z0-9]+)([^>]*)>)|([^<]+)/g)) {
    if (tag === undefined) add(figuresIn(text));
    else if (!tag.startsWith('</') && name !== 'canvas') {
      const element = name + attributesOf(attributes);
      if (CELLS.has(name)) add(` |${element.slice(name.length)}`);
      else if (INLINE.has(name)) add(element === name ? '' : ` ${element}`);
      else lines.push(element);
    }
  }
  const drawn: object[] = JSON.parse(charts);
  return [...lines.filter((line) => !BARE.has(line)), ...drawn.map(chartLine)].join('\n');
}

/** The figures in each line of a text. */
export function figuresByLine(text: string): string {
  return text
    .split('\n')
    .map((line) => figuresIn(line).trim())
    .join('\n');
}

/** Elements that mean nothing without a class. */
const BARE = new Set([
  'body',
  'div',
  'ul',
  'dl',
  'li',
  'table',
  'caption',
  'thead',
  'tbody',
  'details',
  'header',
]);

const CELLS = new Set(['td', 'th', 'dd']);
const INLINE = new Set(['a', 'b', 'strong', 'em', 'code', 'span', 'small', 'button', 'label', 'input', 'g']);
/** Attributes with sentences, and those that are the same wherever they occur. */
const LEFT_OUT =
  /^(aria-label|aria-labelledby|aria-hidden|title|role|tabindex|focusable|type|scope|viewBox)$/;

function attributesOf(attributes: string): string {
  return [...attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)]
    .filter(([, name = '']) => !LEFT_OUT.test(name))
    .map(([, name, value]) => ` ${name}${value === undefined ? '' : `=${rounded(value)}`}`)
    .join('');
}

/** The figures in a text, or all of it if it is a word or two, as the values in tables are. */
function figuresIn(text: string): string {
  const words = text.trim().split(/\s+/);
  if (words[0] === '') return '';
  const kept = words.length <= 2 ? words : words.filter((word) => /\d/.test(word));
  return kept.map((word) => ` ${rounded(word)}`).join('');
}

/** Without the last digits, in which engines may differ. */
function rounded(text: string): string {
  return text.replace(/\d+\.\d{4,}(?:e-?\d+)?/g, (number) =>
    String(Math.round(Number(number) * 1000) / 1000),
  );
}

function chartLine(chart: object): string {
  const json = JSON.stringify(chart, (key, value) => {
    if (key === 'points') return thinned<{ x: number; y: number | null }>(value).map(({ x, y }) => [x, y]);
    return typeof value === 'string' && / /.test(value) ? figuresIn(value).trim() : value;
  });
  return rounded(json).replaceAll('"', '');
}

/** A curve of many points is recognised by one in five. */
function thinned<Point>(points: readonly Point[]): readonly Point[] {
  return points.length <= 12 ? points : points.filter((_, index) => index % 5 === 0);
}
