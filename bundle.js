// The last part of `npm run build`: what runs in a browser becomes one classic script for each page, beside
// the compiled modules. A report is a single file, and modules within one cannot import each other.
import { readdirSync, statSync } from 'node:fs';
import { build } from 'rolldown';

const PAGES = ['bench/report/page/main.ts', 'bench/report/page/site.ts'];

const outputOf = (input) => `dist/${input.replace(/\.ts$/, '.bundle.js')}`;

/** When a file was last changed, in ms; 0 if there is none. */
const changedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Whatever a bundle may consist of. A checkout that cannot be written to needs no build as long as none of it changes. */
const sources = [
  'bundle.js',
  'package-lock.json',
  ...readdirSync('bench', { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `bench/${name}`),
];

const newestMs = Math.max(...sources.map(changedMs));

for (const input of PAGES.filter((page) => changedMs(outputOf(page)) < newestMs)) {
  try {
    await build({
      input,
      // The build precedes every bench, whose output is the bench's own. Errors are told all the same.
      logLevel: 'silent',
      output: {
        file: outputOf(input),
        format: 'iife',
        minify: true,
        comments: { legal: true },
      },
    });
  } catch (error) {
    if (!/EROFS|EACCES|EPERM|read-only|permission denied/i.test(String(error))) throw error;
    process.stderr.write(
      `The build cannot write to ${outputOf(input)}. Make the checkout writable, and build it once with: npm run build\n`,
    );
    process.exit(1);
  }
}
