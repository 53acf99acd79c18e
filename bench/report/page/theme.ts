/** Line patterns beside the colours, for eyes and printers that do not tell colours apart. */
export const DASHES: readonly number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 5], [4, 2, 1, 2]];
export const POINTS = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'cross'] as const;

export interface Theme {
  text: string;
  muted: string;
  grid: string;
  surface: string;
  band: string;
  font: string;
}

/** The colours that the style sheet has at this moment: light, dark or print. */
export function currentTheme(): Theme {
  return {
    text: cssColour('text'),
    muted: cssColour('muted'),
    grid: cssColour('grid'),
    surface: cssColour('surface'),
    band: cssColour('band'),
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** A colour of the style sheet by the name of its custom property. */
export function cssColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || '#808080';
}
