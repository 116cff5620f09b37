import { mayRefer } from '../authority/may.js';
import type { SedGrpOffer } from '../objects/sed-grp-offer.js';
import { findNamed, type NamedIds } from '../registry/named-rows.js';
import { findOrgs } from '../registry/org-rows.js';
import { putOffers } from '../registry/sed-grp-offer-rows.js';
import { doesNotExist, notAllowed } from '../sppp/result.js';
import type { AddRules } from './add-rules.js';
import { rowNameOf } from './known-rows.js';

interface Facts {
  readonly orgs: ReadonlyMap<string, number>;
  readonly sedGrps: NamedIds;
}

/**
 * Offers of SED groups, made by the group's own registrant (RFC 7877 §6.5), by who can read them: an offer that is
 * accepted publishes the group and its records. Status and times are not the client's; a
 * second offer of the same group to the same organization leaves them as they are.
 */
export const addSedGrpOffer: AddRules<SedGrpOffer, Facts> = {
  is: (subject) => subject.kind === 'SedGrpOfferType',

  async gather(offers, { db, caller }) {
    const orgs = await findOrgs(db, [...new Set(offers.map(({ sedGrpOfferKey }) => sedGrpOfferKey.offeredTo))]);
    const referring = offers.filter(({ rant }) => mayRefer(caller, 'SedGrp', rant) === undefined);
    const names = referring.map(({ rant, sedGrpOfferKey }) => rowNameOf(caller, rant, sedGrpOfferKey.sedGrpKey.name));
    return { orgs, sedGrps: await findNamed(db, 'sed_group', names, 'as parents') };
  },

  judge({ rant, sedGrpOfferKey: { sedGrpKey, offeredTo } }, { orgs, sedGrps }, { caller }) {
    if (!orgs.has(offeredTo)) return doesNotExist('offeredTo', offeredTo);
    if (sedGrpKey.rant !== rant) return notAllowed('offeredTo', offeredTo, 'the group is not the registrant’s own');
    const refused = mayRefer(caller, 'SedGrp', rant);
    if (refused !== undefined) return refused;
    if (sedGrps.get(rowNameOf(caller, rant, sedGrpKey.name)) === undefined) return doesNotExist('name', sedGrpKey.name);
    return offeredTo === rant ? notAllowed('offeredTo', offeredTo, 'an offer to oneself') : undefined;
  },

  async apply(offers, { orgs, sedGrps }, { db, caller, stamp }) {
    const rows = offers.map(({ rant, sedGrpOfferKey: { sedGrpKey, offeredTo }, ext, ownExt }) => ({
      sedGrpId: sedGrps.get(rowNameOf(caller, rant, sedGrpKey.name)) ?? 0,
      offeredToId: orgs.get(offeredTo) ?? 0,
      rarId: caller.registrarId,
      ext,
      ownExt,
    }));
    await putOffers(db, stamp, rows);
    return new Map();
  },
};
