import { mayRefer } from '../authority/may.js';
import type { SedGrpOffer } from '../model/sed-grp-offer.js';
import { type Agreements, findAgreements } from '../registry/rows/agreement-rows.js';
import { findNamed, type NamedIds } from '../registry/rows/named-rows.js';
import { findOrgs } from '../registry/rows/org-rows.js';
import type { OfferRow } from '../registry/rows/sed-grp-offer-rows.js';
import { doesNotExist, notAllowed, type Result } from '../sppp/result.js';
import { found } from '../values/found.js';
import { rowNameOf } from './known-rows.js';
import type { RunContext, RunStart } from './run-context.js';

/** The organizations and SED groups that offers refer to, and the standing agreements between their sides. */
export interface Offered {
  readonly orgs: ReadonlyMap<string, number>;
  readonly sedGrps: NamedIds;
  readonly agreements: Agreements;
}

/** Looks up what the offers depend on, and locks what exists. */
export async function findOffered(offers: readonly SedGrpOffer[], { db, caller }: RunStart): Promise<Offered> {
  const referring = offers.filter(({ rant }) => mayRefer(caller, 'SedGrp', rant) === undefined);
  const names = referring.map(({ rant, sedGrpOfferKey }) => rowNameOf(caller, rant, sedGrpOfferKey.sedGrpKey.name));
  const offeredTo = new Set(offers.map(({ sedGrpOfferKey }) => sedGrpOfferKey.offeredTo));
  const sides = referring.map(({ rant, sedGrpOfferKey: { offeredTo } }) => ({ offeredBy: rant, offeredTo }));
  const [orgs, sedGrps, agreements] = await Promise.all([
    offeredTo.size === 0 ? new Map<string, number>() : findOrgs(db, [...offeredTo]),
    findNamed(db, 'sed_group', names, 'as parents'),
    findAgreements(db, sides),
  ]);
  return { orgs, sedGrps, agreements };
}

/**
 * The registrant of an SED group offers it to other organizations (RFC 7877 §6.5). The caller must be able to read the group,
 * since an accepted offer publishes the group and its records.
 */
export function judgeOffer(
  { rant, sedGrpOfferKey: { sedGrpKey, offeredTo } }: SedGrpOffer,
  { orgs, sedGrps }: Offered,
  { caller }: RunStart,
): Result | undefined {
  if (!orgs.has(offeredTo)) return doesNotExist('offeredTo', offeredTo);
  if (sedGrpKey.rant !== rant) return notAllowed('offeredTo', offeredTo, 'the group is not the registrant’s own');
  const refused = mayRefer(caller, 'SedGrp', rant);
  if (refused !== undefined) return refused;
  if (sedGrps.get(rowNameOf(caller, rant, sedGrpKey.name)) === undefined) return doesNotExist('name', sedGrpKey.name);
  return offeredTo === rant ? notAllowed('offeredTo', offeredTo, 'an offer to oneself') : undefined;
}

/**
 * The server sets status and times, not the client; a second offer of the same group to the same organization keeps them,
 * unless it waits and an agreement accepts it now.
 */
export function offerRow(
  { rant, sedGrpOfferKey: { sedGrpKey, offeredTo }, ext, ownExt }: SedGrpOffer,
  { isModified, agreementId }: Pick<OfferRow, 'isModified' | 'agreementId'>,
  { orgs, sedGrps }: Offered,
  { caller }: RunContext,
): OfferRow {
  return {
    sedGrpId: found(sedGrps.get(rowNameOf(caller, rant, sedGrpKey.name)), 'an SED group that was found'),
    offeredToId: found(orgs.get(offeredTo), 'an organization that was found'),
    rarId: caller.registrarId,
    isModified,
    ext,
    ownExt,
    agreementId,
  };
}
