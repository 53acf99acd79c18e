// The last part of `npm run build`: what runs in a browser becomes one classic script for each page, beside
// the compiled modules. A report is a single file, and modules within one cannot import each other.
import { build } from 'rolldown';

const PAGES = ['bench/report/page/main.ts', 'bench/report/page/site.ts'];

for (const input of PAGES) {
  await build({
    input,
    // The build precedes every bench, whose output is the bench's own. Errors are told all the same.
    logLevel: 'silent',
    output: {
      file: `dist/${input.replace(/\.ts$/, '.bundle.js')}`,
      format: 'iife',
      minify: true,
      comments: { legal: true },
    },
  });
}
