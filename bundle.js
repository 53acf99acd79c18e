// The last part of `npm run build`: bundles the code that runs in a browser into one classic script for each page.
// A report is a single file, and modules within a single file cannot import each other.
import { readdirSync, statSync } from 'node:fs';
import { build } from 'rolldown';

const PAGES = ['bench/report/page/main.ts', 'bench/report/page/site.ts'];

const outputOf = (input) => `dist/${input.replace(/\.ts$/, '.bundle.js')}`;

/** Returns when a file was last changed, in ms; 0 if it does not exist. */
const changedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Files that can affect a bundle. If none has changed, nothing is written, so a read-only checkout works as well. */
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
      // The build runs before every command, and must not add anything to its output. Errors are still reported.
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
