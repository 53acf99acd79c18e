/** HTML that is safe to insert into a page. Only `html` and `trusted` create it. */
export interface Markup {
  readonly markup: string;
}

/**
 * Values that a template accepts: text and numbers are escaped, markup is inserted unchanged, lists are
 * joined, and null, undefined and false produce nothing.
 */
export type Content = Markup | string | number | null | undefined | false | readonly Content[];

/** Template tag that escapes everything except markup. */
export function html(strings: TemplateStringsArray, ...contents: Content[]): Markup {
  return { markup: strings.reduce((text, next, index) => text + render(contents[index - 1]) + next) };
}

/**
 * Marks text as safe markup. Only for text written by this program itself (styles, scripts), never for input.
 */
export function trusted(markup: string): Markup {
  return { markup };
}

/**
 * JSON for the content of a `<script type="application/json">`, without any `<`, which could end the element
 * or open a comment.
 */
export function jsonMarkup(value: unknown): Markup {
  return trusted(JSON.stringify(value).replaceAll('<', '\\u003c'));
}

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (typeof content === 'string') return escapeText(content);
  if (typeof content === 'number') return String(content);
  return 'markup' in content ? content.markup : content.map(render).join('');
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
