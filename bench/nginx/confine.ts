import { basename, join } from 'node:path';
import type { OnChange } from './notices.ts';
import { type Directive, directive, directives, type Node, rewrite, set, texts, word } from './tree.ts';

export interface ConfineSpec {
  /** The run's private folder (absolute): everything that nginx writes goes below it. */
  folder: string;
  certificate: { certPath: string; keyPath: string } | null;
  workers: number;
  workerConnections: number;
  /** worker_rlimit_nofile. */
  workerFiles: number;
  /** CPU numbers, dealt out to the workers in turn; null: as the configuration says. */
  cpuAffinity: readonly number[] | null;
  /** Arguments of `user`, as in `root root`; null where nginx does not run as root. */
  user: string | null;
  /** From `nginx -V`: which modules it has. */
  buildArguments: string;
  /** Folder of this nginx's dynamic modules; null: as the configuration says. */
  modulesPath: string | null;
  /** The stream module, where it is a dynamic one; null: built in, or not there. */
  streamModule: string | null;
}

/** Written at the top level as the run needs it, or belonging to the certificate that was there. */
const REPLACED = new Set(['error_log', 'lock_file', 'ssl_password_file']);

/** What writes where no file of a run belongs: core dumps, profiles, copies of responses, TLS keys, state. */
const WRITES =
  /^(debug_points|google_perftools_profiles|working_directory|worker_rlimit_core)$|^(fastcgi|proxy|scgi|uwsgi)_store$|^session_log(_|$)|^ssl_key_log$/;

/** Keeps what Nginx writes inside the folder, and sets processes and limits as planned. */
export function confine(tree: readonly Node[], spec: ConfineSpec, onChange: OnChange): Node[] {
  return settleEvents(settleHttp(settleTop(confineAnywhere(tree, spec, onChange), spec), spec), spec);
}

/** What may stand at any depth: logs, caches, certificates, modules. */
function confineAnywhere(tree: readonly Node[], spec: ConfineSpec, onChange: OnChange): Node[] {
  const caches: string[] = [];
  const logs = new Map<string, string>();
  return rewrite(tree, (node, parents) => {
    const first = node.args[0]?.text ?? '';
    if (/^(access|error)_log$/.test(node.name) && first.startsWith('syslog:')) onChange('syslog', node);
    if (REPLACED.has(node.name)) return [];
    if (WRITES.test(node.name) && first !== 'off') {
      onChange('files', node);
      return [];
    }
    if (/^client_body_temp_path$|^(proxy|fastcgi|uwsgi|scgi)_temp_path$/.test(node.name)) return [];
    if (/^(proxy|fastcgi|uwsgi|scgi)_cache_path$/.test(node.name)) {
      caches.push(node.name);
      return [withFirst(node, join(spec.folder, `cache-${caches.length}`))];
    }
    if (node.name === 'access_log') return [confineAccessLog(node, spec.folder, logs)];
    if (node.name === 'load_module') return [ownModule(node, spec)];
    if (node.name === 'keyval_zone') return [withoutState(node, onChange)];
    return withCertificate(node, parents, spec.certificate, onChange);
  });
}

/**
 * `access_log off` and formats stay: writing a log is part of what a configuration costs. Each log
 * keeps a file of its own, because Nginx wants the same buffer for all that write to one.
 */
function confineAccessLog(node: Directive, folder: string, logs: Map<string, string>): Directive {
  const path = node.args[0]?.text ?? '';
  if (path === 'off') return node;
  const file = logs.get(path) ?? join(folder, logs.size === 0 ? 'access.log' : `access-${logs.size + 1}.log`);
  logs.set(path, file);
  return withFirst(node, file);
}

/** A zone of keys and values that is kept in memory only. */
function withoutState(node: Directive, onChange: OnChange): Directive {
  const args = node.args.filter(({ text }) => !text.startsWith('state='));
  if (args.length < node.args.length) onChange('files', node);
  return { ...node, args };
}

function ownModule(node: Directive, { modulesPath }: ConfineSpec): Directive {
  const path = node.args[0]?.text;
  return modulesPath === null || path === undefined
    ? node
    : withFirst(node, join(modulesPath, basename(path)));
}

function withFirst(node: Directive, first: string): Directive {
  return { ...node, args: [word(first), ...node.args.slice(1)] };
}

/** One pair in place of what is there; a level with an RSA and an ECDSA pair keeps the first place. */
function withCertificate(
  node: Directive,
  parents: readonly Directive[],
  certificate: ConfineSpec['certificate'],
  onChange: OnChange,
): readonly Node[] {
  if (certificate === null || !['ssl_certificate', 'ssl_certificate_key'].includes(node.name)) return [node];
  const level = parents.at(-1);
  const first = directives(level?.block ?? null, node.name)[0];
  if (first !== undefined && first.origin !== node.origin) {
    onChange('certificates', node);
    return [];
  }
  return [withFirst(node, node.name === 'ssl_certificate' ? certificate.certPath : certificate.keyPath)];
}

function settleTop(tree: readonly Node[], spec: ConfineSpec): Node[] {
  let top = set(tree, 'error_log', [join(spec.folder, 'error.log'), 'warn']);
  top = set(top, 'pid', [join(spec.folder, 'nginx.pid')]);
  if (spec.cpuAffinity !== null)
    top = set(top, 'worker_cpu_affinity', affinityMasks(spec.cpuAffinity, spec.workers));
  top = set(top, 'worker_rlimit_nofile', [`${spec.workerFiles}`]);
  top = set(top, 'worker_processes', [`${spec.workers}`]);
  top = set(top, 'master_process', ['on']);
  top = set(top, 'daemon', ['off']);
  top =
    spec.user === null
      ? top.filter((node) => node.kind === 'comment' || node.name !== 'user')
      : set(top, 'user', spec.user.split(' '));
  return withStreamModule(top, spec.streamModule);
}

/** One mask for each worker, the CPUs taken in turn: CPU 2 is `100`. */
function affinityMasks(cpus: readonly number[], workers: number): string[] {
  return Array.from({ length: workers }, (_, index) => `1${'0'.repeat(cpus[index % cpus.length] ?? 0)}`);
}

function withStreamModule(top: readonly Node[], path: string | null): Node[] {
  const needed = directives(top, 'stream').length > 0;
  const loaded = directives(top, 'load_module').some((node) => texts(node)[0]?.includes('ngx_stream_module'));
  if (!needed || loaded || path === null) return [...top];
  return [directive('load_module', [path]), ...top];
}

function settleEvents(tree: readonly Node[], spec: ConfineSpec): Node[] {
  const events = directives(tree, 'events')[0] ?? directive('events', [], []);
  let block: readonly Node[] = events.block ?? [];
  block = set(block, 'worker_connections', [`${spec.workerConnections}`]);
  const settled = { ...events, block };
  if (!tree.includes(events)) {
    const at = tree.findIndex((node) => node.kind === 'directive' && node.block !== null);
    return tree.toSpliced(at === -1 ? tree.length : at, 0, settled);
  }
  return tree.map((node) => (node === events ? settled : node));
}

/** Compiled-in paths lie outside the folder, so each that this nginx would use is written out. */
function settleHttp(tree: readonly Node[], spec: ConfineSpec): Node[] {
  return tree.map((node) => {
    if (node.kind === 'comment' || node.name !== 'http' || node.block === null) return node;
    const added = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .filter((name) => !spec.buildArguments.includes(`--without-http_${name}_module`))
      .map((name) => directive(`${name}_temp_path`, [join(spec.folder, `${name}_temp`)]));
    const logged = directives(node.block, 'access_log').length > 0;
    const log = logged ? [] : [directive('access_log', [join(spec.folder, 'access.log')])];
    return { ...node, block: [...log, ...added, ...node.block] };
  });
}
