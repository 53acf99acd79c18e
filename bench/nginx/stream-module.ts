import type { NginxBinary } from './binary.ts';
import { directives, type Node, texts } from './tree.ts';

/** Whether a configuration needs the stream module but contains no `load_module` for it. */
export function needsStreamModule(tree: readonly Node[]): boolean {
  return directives(tree, 'stream').length > 0 && !loadsStreamModule(tree);
}

function loadsStreamModule(tree: readonly Node[]): boolean {
  return directives(tree, 'load_module').some((node) => texts(node)[0]?.includes('ngx_stream_module'));
}

/** Message that this Nginx has no stream module, with the remedy; null if the module can be used. */
export function lackOfStream({
  version,
  buildArguments,
  streamModule,
}: Pick<NginxBinary, 'version' | 'buildArguments' | 'streamModule'>): string | null {
  if (streamModule !== null || /--with-stream(?![\w=])/.test(buildArguments)) return null;
  return `This Nginx (${version}) has no stream module. Install it (Debian: sudo apt-get install libnginx-mod-stream), or use --nginx PATH to name an Nginx that has it.`;
}
