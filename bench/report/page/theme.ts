export const POINTS = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'cross'] as const;

export interface Theme {
  text: string;
  muted: string;
  grid: string;
  surface: string;
  band: string;
  disturbed: string;
  font: string;
}

/** The current colours of the style sheet: light, dark or print. */
export function currentTheme(): Theme {
  return {
    text: cssColour('text'),
    muted: cssColour('muted'),
    grid: cssColour('grid'),
    surface: cssColour('surface'),
    band: cssColour('band'),
    disturbed: cssColour('disturbed'),
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** Draws a pattern on a small separate canvas. */
function sketch(
  width: number,
  height: number,
  draw: (pen: CanvasRenderingContext2D) => void,
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext('2d');
  if (pen !== null) draw(pen);
  return canvas;
}

/** Returns the fill for part number `pattern` of a bar: plain, striped in one of two directions, or dotted. */
export function fillOf(colour: string, pattern: number, theme: Theme): string | CanvasPattern {
  if (pattern % 4 === 0) return colour;
  const tile = sketch(8, 8, (pen) => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = theme.surface;
    pen.globalAlpha = 0.55;
    pen.lineWidth = 1.2;
    pen.beginPath();
    drawTile(pen, pattern % 4);
    pen.stroke();
  });
  return document.createElement('canvas').getContext('2d')?.createPattern(tile, 'repeat') ?? colour;
}

function drawTile(pen: CanvasRenderingContext2D, pattern: number): void {
  if (pattern === 3) {
    pen.arc(4, 4, 1.2, 0, 2 * Math.PI);
    return;
  }
  // Three strokes are needed for the stripes to continue across the edges of a tile.
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift - 1, pattern === 1 ? 9 : -1);
    pen.lineTo(shift + 9, pattern === 1 ? -1 : 9);
  }
}

/** A colour from the style sheet, by the name of its custom property. */
export function cssColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || '#808080';
}
