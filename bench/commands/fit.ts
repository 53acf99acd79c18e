import type { Binaries } from '../experiment/experiment.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import { type NginxBinary, shownPath } from '../nginx/binary.ts';
import type { Side } from '../plan/variants.ts';
import type { NginxSources } from '../request/nginx.ts';
import { notice } from '../wording/finding.ts';
import type { Services } from './services.ts';

/**
 * The sides that can run here, their Nginx binaries, and notices about those binaries and about each skipped
 * side.
 */
export interface FitSides {
  sides: Side[];
  binaries: Binaries;
  notices: Notice[];
}

/** Where to look for Nginx, and how to report progress if the search takes long. */
export interface NginxSearch {
  sources: NginxSources;
  /** The Nginx to which the sides are upgraded during their runs, as in `Library`. */
  upgradeTo?: string | null | undefined;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Services needed to adapt sides to this machine. */
export type FitNeed = 'findNginx' | 'unmetNeed' | 'passesOverTls';

/**
 * Finds the Nginx binary for each side, skips the sides whose binary lacks what they need, and determines
 * for the others whether their echo servers use TLS.
 *
 * @param suffices whether the remaining sides are enough to measure
 * @throws Problem('environment') if they are not, or if an Nginx binary is not available
 */
export async function fitSides(
  all: readonly Side[],
  suffices: (sides: readonly Side[]) => boolean,
  search: NginxSearch,
  services: Pick<Services, FitNeed>,
): Promise<FitSides> {
  const binaries = await findBinaries(all, search, services);
  const sides: Side[] = [];
  const notices: Notice[] = [];
  for (const side of all) {
    const binary = binaries.get(side.variant.proxy?.binary ?? null);
    const missing = binary === undefined ? null : await services.unmetNeed(side, binary);
    if (missing === null) sides.push(side);
    else notices.push(notice('warning', 'variant-passed-over', { variant: side.variant.name, missing }));
  }
  if (!suffices(sides)) throw new Problem('environment', notices.map(({ text }) => text).join(' '));
  const settled: Side[] = [];
  for (const side of sides) settled.push(await withServers(side, services));
  return { sides: settled, binaries, notices: [...notices, ...namedNotices(settled, binaries)] };
}

/** Sets whether the echo servers use TLS, which a user's own configuration determines. */
async function withServers(side: Side, services: Pick<Services, 'passesOverTls'>): Promise<Side> {
  if (side.profile.options === null) return side;
  const upstreamTls = await services.passesOverTls(side);
  return { ...side, profile: { ...side.profile, upstreamTls } };
}

/** Notices about the Nginx used by each side, if the user chose a binary by name for any side. */
function namedNotices(sides: readonly Side[], binaries: Binaries): Notice[] {
  if (sides.every(({ variant }) => (variant.proxy?.binary ?? null) === null)) return [];
  const used = [...binaries].flatMap(([name, binary]) => {
    const on = sides.filter(({ variant }) => variant.proxy !== null && variant.proxy.binary === name);
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
  { sources, upgradeTo, ...progress }: NginxSearch,
  services: Pick<Services, 'findNginx'>,
): Promise<Binaries> {
  const binaries = new Map<string | null, NginxBinary>();
  const names = sides.flatMap(({ variant }) => (variant.proxy === null ? [] : [variant.proxy.binary]));
  for (const binary of new Set([...names, ...(typeof upgradeTo === 'string' ? [upgradeTo] : [])])) {
    const source = binary === null ? sources.usual : (sources.named.get(binary) ?? null);
    binaries.set(binary, await services.findNginx(source, progress));
  }
  return binaries;
}
