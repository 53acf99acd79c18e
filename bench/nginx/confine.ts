import { basename, join } from 'node:path';
import type { Change } from '../wording/sandbox.ts';
import { NO_FOLDER } from './files.ts';
import type { OnChange } from './notices.ts';
import { needsStreamModule } from './stream-module.ts';
import {
  type Directive,
  directive,
  directives,
  firstText,
  type Node,
  rewrite,
  set,
  texts,
  word,
} from './tree.ts';

export interface ConfineSpec {
  /** Absolute path of the run's private folder. Nginx may write only below it. */
  folder: string;
  certificate: { certPath: string; keyPath: string } | null;
  workers: number;
  workerConnections: number;
  /** Value of worker_rlimit_nofile. */
  workerFiles: number;
  /**
   * Numbers of the CPUs that are assigned to the workers in turn; null leaves the configuration's setting
   * unchanged.
   */
  cpuAffinity: readonly number[] | null;
  /** Arguments of the `user` directive, such as `root root`; null if Nginx does not run as root. */
  user: string | null;
  /** The `configure` arguments reported by `nginx -V`, which show the built-in modules. */
  buildArguments: string;
  /** Folder of this binary's dynamic modules; no other modules are loaded. Null if it has none. */
  modulesPath: string | null;
  /** Path of the stream module if it is a dynamic module; null if it is built in or missing. */
  streamModule: string | null;
}

/**
 * Directives removed without a notice, because the run sets its own error log and uses its own certificate.
 */
const REPLACED = new Set(['error_log', 'lock_file', 'ssl_password_file']);

/**
 * Directives that are removed because they concern files that Nginx writes: core dumps, profiles, client
 * uploads, copies of responses, TLS keys, session logs.
 */
const WRITES =
  /^(create_full_put_path|debug_points|google_perftools_profiles|min_delete_depth|working_directory|worker_rlimit_core)$|^dav_|_store(_access)?$|^session_log(_|$)|^ssl_key_log$/;

/**
 * Directives that load code, run a program, or configure the loaded code. Lua loads its core library, and
 * Perl its module, from a path in the configuration; an XSLT style sheet can read and write files. `env` is
 * included, because libraries use environment variables to locate files and code.
 */
const CODE =
  /^(env|ssl_engine|xml_entities|xslt_\w+)$|^(cgi|exec|lua|modsecurity|mruby|passenger|perl|php|wasm)(_|$)/;

/** OpenSSL commands whose values are not file names. */
const TLS_SETTINGS =
  /^(CipherString|Ciphersuites|ClientSignatureAlgorithms|Curves|ECDHParameters|Groups|MaxProtocol|MinProtocol|Options|Protocol|RecordPadding|SignatureAlgorithms|VerifyMode)$/i;

/**
 * Directives that are kept although their arguments may start with a slash: some do not name files, and the
 * files of the others are handled here or in files.ts.
 */
const NO_FILE = new Set(
  [
    'access_log add_after_body add_before_body add_header add_trailer alias auth_basic auth_basic_user_file',
    'auth_jwt_key_file auth_jwt_key_request auth_request auth_request_set early_hints error_page geo geoip2 geoip_city geoip_country',
    'geoip_org geoip_proxy hash http2_push if index internal_redirect keyval license_token limit_conn_zone limit_req_zone',
    'listen location log_format map mirror pid post_action proxy_cookie_domain proxy_cookie_flags proxy_cookie_path proxy_pass',
    'proxy_redirect proxy_set_body return rewrite root secure_link secure_link_md5 secure_link_secret server',
    'server_name set split_clients sticky sub_filter try_files upstream userid_path valid_referers',
    'ssl_certificate ssl_certificate_key ssl_client_certificate ssl_crl ssl_dhparam ssl_ech_file',
    'ssl_session_ticket_key ssl_trusted_certificate proxy_ssl_trusted_certificate',
  ].flatMap((names) => names.split(' ')),
);

/** Matches the names of directives whose arguments may look like paths but do not refer to files. */
const NO_FILES =
  /_(cache_bypass|cache_key|cache_purge|no_cache|param|redirect|set_header|split_path_info)$|^more_\w+_headers$/;

/**
 * Matches absolute paths (also as the value of a parameter), paths that contain `..`, and OpenSSL's notation
 * for keys stored elsewhere.
 */
const PATH = /^(\w+=)?(\.\.)?\/|(^|\/)\.\.(\/|$)|^(engine|file|store):/;

/** File tests in an `if` condition. */
const FILE_TEST = /^\(?!?-[defx]$/;

/** Restricts Nginx's writes to the run's folder, and sets the worker processes and limits. */
export function confine(tree: readonly Node[], spec: ConfineSpec, onChange: OnChange): Node[] {
  return setEvents(setHttp(setTop(confineAnywhere(tree, spec, onChange), spec), spec), spec);
}

/** Rewrites directives that may occur at any depth: logs, caches, certificates, modules. */
function confineAnywhere(tree: readonly Node[], spec: ConfineSpec, onChange: OnChange): Node[] {
  const caches: string[] = [];
  const logs = new Map<string, string>();
  return rewrite(tree, (node, parents) => {
    const first = firstText(node);
    if (/^(access|error)_log$/.test(node.name) && first.startsWith('syslog:')) onChange('syslog', node);
    if (REPLACED.has(node.name)) return [];
    if (WRITES.test(node.name) && first !== 'off') return without('files', node);
    if (CODE.test(node.name)) return without('code', node);
    if (node.name.endsWith('ssl_conf_command') && !TLS_SETTINGS.test(first))
      return without('outside-files', node);
    if (/^client_body_temp_path$|^(proxy|fastcgi|uwsgi|scgi)_temp_path$/.test(node.name)) return [];
    if (/^(proxy|fastcgi|uwsgi|scgi)_cache_path$/.test(node.name)) {
      caches.push(node.name);
      return [withFirst(node, join(spec.folder, `cache-${caches.length}`))];
    }
    if (node.name === 'access_log') return [confineAccessLog(node, spec.folder, logs)];
    if (node.name === 'load_module') return ownModule(node, spec) ?? without('other-modules', node);
    if (node.name === 'keyval_zone') return [withoutState(node, onChange)];
    if (node.name === 'if') return [testingNoFile(node, spec.folder)];
    if (namesUnknownFile(node)) return without('outside-files', node);
    return withCertificate(node, parents, spec.certificate, onChange);
  });

  function without(change: Change, node: Directive): [] {
    onChange(change, node);
    return [];
  }
}

/** Whether the arguments of an unknown directive suggest that it names a file. */
function namesUnknownFile(node: Directive): boolean {
  if (NO_FILE.has(node.name) || NO_FILES.test(node.name)) return false;
  return texts(node).some((text) => PATH.test(text));
}

/**
 * Makes a file test such as `if (-f …)` look for a file that does not exist. Otherwise, its result would
 * reveal which files exist on this machine. Tests of paths in the served folder are not changed.
 */
function testingNoFile(node: Directive, folder: string): Directive {
  const at = node.args.findIndex(({ text }) => FILE_TEST.test(text));
  const operand = node.args[at + 1]?.text;
  // Nginx reports a test without a file.
  if (at === -1 || operand === undefined) return node;
  if (/^\$(document_root|realpath_root|request_filename)(?!.*(\.\.|\$(?!uri\b)))/s.test(operand)) return node;
  const none = word(`${join(folder, NO_FOLDER)}${operand.endsWith(')') ? ')' : ''}`);
  return { ...node, args: node.args.with(at + 1, none) };
}

/**
 * Moves an access log into the run's folder. The log format and `access_log off` are preserved, because log
 * writing is part of a configuration's cost. Each path gets a separate file, because Nginx rejects logs that
 * write to the same file with different buffers.
 */
function confineAccessLog(node: Directive, folder: string, logs: Map<string, string>): Directive {
  const path = firstText(node);
  if (path === 'off') return node;
  const file = logs.get(path) ?? join(folder, logs.size === 0 ? 'access.log' : `access-${logs.size + 1}.log`);
  logs.set(path, file);
  return withFirst(node, file);
}

/** Removes the state file of a shared memory zone, so that the zone exists in memory only. */
function withoutState(node: Directive, onChange: OnChange): Directive {
  const args = node.args.filter(({ text }) => !text.startsWith('state='));
  if (args.length < node.args.length) onChange('files', node);
  return { ...node, args };
}

/** Makes a `load_module` load its module from this Nginx's own module folder; null if there is none. */
function ownModule(node: Directive, { modulesPath }: ConfineSpec): [Directive] | null {
  if (modulesPath === null) return null;
  return [withFirst(node, join(modulesPath, basename(firstText(node))))];
}

function withFirst(node: Directive, first: string): Directive {
  return { ...node, args: [word(first), ...node.args.slice(1)] };
}

/**
 * Replaces the path of a certificate or key. If a block contains several certificates, such as RSA and ECDSA,
 * the first is replaced and the others are removed.
 */
function withCertificate(
  node: Directive,
  parents: readonly Directive[],
  certificate: ConfineSpec['certificate'],
  onChange: OnChange,
): readonly Node[] {
  if (certificate === null || !['ssl_certificate', 'ssl_certificate_key'].includes(node.name)) return [node];
  const level = parents.at(-1);
  const first = directives(level?.block, node.name)[0];
  if (first !== undefined && first.origin !== node.origin) {
    onChange('certificates', node);
    return [];
  }
  return [withFirst(node, node.name === 'ssl_certificate' ? certificate.certPath : certificate.keyPath)];
}

function setTop(tree: readonly Node[], spec: ConfineSpec): Node[] {
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

/** One bit mask per worker; the CPUs are assigned in turn. The mask of CPU 2 is `100`. */
function affinityMasks(cpus: readonly number[], workers: number): string[] {
  return Array.from({ length: workers }, (_, index) => `1${'0'.repeat(cpus[index % cpus.length] ?? 0)}`);
}

function withStreamModule(top: readonly Node[], path: string | null): Node[] {
  if (path === null || !needsStreamModule(top)) return [...top];
  return [directive('load_module', [path]), ...top];
}

function setEvents(tree: readonly Node[], spec: ConfineSpec): Node[] {
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

/**
 * Sets the path of every log and temporary file that this binary uses, because the default paths are outside
 * the run's folder.
 */
function setHttp(tree: readonly Node[], spec: ConfineSpec): Node[] {
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
