import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Variant } from '../model/variant.ts';
import { sidesOf } from '../plan/sides.ts';
import type { Side } from '../plan/variants.ts';
import type { NginxSources } from '../request/nginx.ts';
import type { RunRequest } from '../request/request.ts';
import { type ProxyBinary, proxySource, shownPath, type VariantProxy } from '../topology/driver.ts';
import { notice } from '../wording/finding.ts';
import { type LibraryNeed, type Progress, readLibrary, type Services } from './services.ts';

/** The sides that can run here, their proxies, and notices about those proxies and about each skipped side. */
export interface FitSides {
  sides: Side[];
  /** Keyed by the names of the variants. Variants without a proxy are missing. */
  proxies: ReadonlyMap<string, VariantProxy>;
  notices: Notice[];
}

/** Where to look for the binaries of proxies. */
export interface ProxySearch extends Progress {
  sources: NginxSources;
  /** The name of the binary to which the sides are upgraded during their runs, as in `Library`. */
  upgradeTo?: string | null | undefined;
}

/** Services needed to adapt sides to this machine. */
export type FitNeed = 'findProxy' | 'prepareProxy';

/**
 * Like `fitSides`, for all sides that a request names. One side that can run is enough.
 *
 * @throws Problem('usage') like `sidesOf`
 */
export async function fitRequest(
  request: RunRequest,
  search: Omit<ProxySearch, 'sources'>,
  services: Pick<Services, LibraryNeed | FitNeed>,
): Promise<FitSides> {
  const library = await readLibrary(services, request.nginx, search.upgradeTo);
  const isEnough = (sides: readonly Side[]) => sides.length > 0;
  return fitSides(sidesOf(library, request), isEnough, { sources: request.nginx, ...search }, services);
}

/**
 * Finds the proxy of each side and reads its configuration, skips the sides whose binary lacks a required
 * module, and determines for the others whether their echo servers use TLS.
 *
 * @param suffices whether the remaining sides are enough for a measurement
 * @throws Problem('environment') if they are not enough, or if a binary is not available
 */
export async function fitSides(
  all: readonly Side[],
  suffices: (sides: readonly Side[]) => boolean,
  search: ProxySearch,
  services: Pick<Services, FitNeed>,
): Promise<FitSides> {
  const binaries = await findBinaries(all, search, services);
  const proxies = new Map<string, VariantProxy>();
  const sides: Side[] = [];
  const notices: Notice[] = [];
  for (const side of all) {
    const { variant, profile } = side;
    const source = proxySource(profile, variant);
    const { proxy } = variant;
    const binary = proxy === null ? undefined : binaries.get(keyOf(proxy));
    if (source === null || proxy === null || binary === undefined) {
      sides.push(side);
      continue;
    }
    const prepared = await services.prepareProxy(proxy.kind, source);
    const missing = prepared.lackIn(binary);
    if (missing !== null) {
      notices.push(notice('warning', 'variant-passed-over', { variant: variant.name, missing }));
      continue;
    }
    const upgradeTo = binaries.get(keyOf({ ...proxy, binary: search.upgradeTo ?? proxy.binary })) ?? null;
    proxies.set(variant.name, { binary, prepared, upgradeTo });
    sides.push(side);
  }
  if (!suffices(sides)) throw new Problem('environment', notices.map(({ text }) => text).join(' '));
  const settled = sides.map((side) => withServers(side, proxies.get(side.variant.name)));
  return { sides: settled, proxies, notices: [...notices, ...namedNotices(sides, binaries)] };
}

/** Sets whether a side's echo servers use TLS, as the configuration of the side's proxy requires. */
function withServers(side: Side, proxy: VariantProxy | undefined): Side {
  if (proxy === undefined) return side;
  return { ...side, profile: { ...side.profile, upstreamTls: proxy.prepared.upstreamTls } };
}

type Binaries = ReadonlyMap<string, ProxyBinary>;
type NamedBinary = Pick<NonNullable<Variant['proxy']>, 'kind' | 'binary'>;

function keyOf({ kind, binary }: NamedBinary): string {
  return `${kind}@${binary ?? ''}`;
}

/** Notices about the proxy used by each side, if the user chose a binary by name for any side. */
function namedNotices(sides: readonly Side[], binaries: Binaries): Notice[] {
  if (sides.every(({ variant }) => (variant.proxy?.binary ?? null) === null)) return [];
  const used = [...binaries].flatMap(([key, binary]) => {
    const on = sides.filter(({ variant: { proxy } }) => proxy !== null && keyOf(proxy) === key);
    const { version, openssl, origin } = binary;
    const facts = { version, openssl, origin: origin ?? shownPath(binary) };
    return on.length === 0 ? [] : [{ variants: on.map(({ variant }) => variant.name), ...facts }];
  });
  return [notice('info', 'nginx-versions', { sides: used })];
}

/**
 * Finds binaries one after another, because two names may refer to the same suite, which is fetched only
 * once.
 */
async function findBinaries(
  sides: readonly Side[],
  { sources, upgradeTo, ...progress }: ProxySearch,
  services: Pick<Services, 'findProxy'>,
): Promise<Binaries> {
  const binaries = new Map<string, ProxyBinary>();
  const used = sides.flatMap(({ variant: { proxy } }) => proxy ?? []);
  const later = typeof upgradeTo === 'string' ? used.map(({ kind }) => ({ kind, binary: upgradeTo })) : [];
  for (const wanted of [...used, ...later]) {
    const { kind, binary } = wanted;
    if (binaries.has(keyOf(wanted))) continue;
    const source = binary === null ? sources.usual : (sources.named.get(binary) ?? null);
    binaries.set(keyOf(wanted), await services.findProxy(kind, source, progress));
  }
  return binaries;
}
