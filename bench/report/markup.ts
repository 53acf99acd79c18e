/** HTML that is safe to put into a page as it is; made only by `html` and `trusted`. */
export interface Markup {
  readonly markup: string;
}

/** What may stand in a template: text and numbers are escaped, markup is not, lists are joined, nothing is nothing. */
export type Content = Markup | string | number | null | undefined | false | readonly Content[];

/** A template that escapes whatever it is given, unless it is markup already. */
export function html(strings: TemplateStringsArray, ...contents: Content[]): Markup {
  return { markup: strings.reduce((text, next, index) => text + render(contents[index - 1]) + next) };
}

/** For text that this program wrote itself (styles, scripts): never for anything that was read. */
export function trusted(markup: string): Markup {
  return { markup };
}

/** For the inside of a `<script type="application/json">`: no `<` can end it or open a comment. */
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
