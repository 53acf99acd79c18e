import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The modules of the page in the order in which they build on each other. */
const MODULES = ['format', 'theme', 'axes', 'charts', 'main'];

/**
 * chart.js as one classic script. Its map is not beside the report, so the pointer to it is left out:
 * with developer tools open a browser would ask for it.
 */
export function chartLibrary(): string {
  const main = createRequire(import.meta.url).resolve('chart.js');
  const source = readFileSync(join(dirname(main), 'chart.umd.min.js'), 'utf8');
  return source.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
}

/**
 * What runs in the browser as one classic script: a report is a single file, and modules within one
 * cannot import each other. Compiled modules without their import lines and `export` words, in one scope.
 */
export function pageScript(): string {
  const sources = MODULES.map((name) => readFileSync(new URL(`./page/${name}.js`, import.meta.url), 'utf8'));
  return `(() => {\n'use strict';\n${sources.map(withoutModuleSyntax).join('\n')}\n})();\n`;
}

function withoutModuleSyntax(source: string): string {
  return source.replace(/^import [^;]*;\n/gm, '').replace(/^export (?:\{\};\n)?/gm, '');
}
