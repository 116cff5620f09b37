import { mayRefer } from '../authority/may.js';
import type { EgrRte } from '../model/egr-rte.js';
import { identityOf } from '../model/identity.js';
import type { ObjKey } from '../model/key.js';
import { findIngressGroups, putEgrRtes } from '../registry/rows/egr-rte-rows.js';
import { doesNotExist, notAllowed } from '../sppp/result.js';
import { foldName } from '../values/fold-name.js';
import { found } from '../values/found.js';
import type { AddRules } from './add-rules.js';
import { rantIdOf, rowNameOf } from './known-rows.js';

/** The ids of the groups that routes may refer to. */
type Facts = ReadonlyMap<string, number>;

/**
 * Egress routes (RFC 7877 §6.6): each ingress group belongs to the registrant of the route, or was offered to it and
 * accepted, and the caller can read SED groups for that registrant. The result does not show whether another group exists.
 */
export const addEgrRte: AddRules<EgrRte, Facts> = {
  is: (subject) => subject.kind === 'EgrRteType',

  async gather(routes, { db, caller }) {
    const wanted = new Map(
      routes
        .filter(({ rant }) => mayRefer(caller, 'SedGrp', rant) === undefined)
        .flatMap((route) =>
          route.ingrSedGrp.map((key) => [
            ingressKey(route, key),
            { routeRantId: rantIdOf(caller, route.rant), rant: key.rant, nameKey: foldName(key.name) },
          ]),
        ),
    );
    const ids = await findIngressGroups(db, [...wanted.values()]);
    return new Map(
      [...wanted.keys()].flatMap((key, index) => {
        const id = ids[index];
        return id === undefined ? [] : [[key, id] as const];
      }),
    );
  },

  judge(route, sedGrps, { caller }) {
    if (route.ingrSedGrp.length === 0) return undefined;
    const refused = mayRefer(caller, 'SedGrp', route.rant);
    if (refused !== undefined) return refused;
    const absent = route.ingrSedGrp.find((key) => !sedGrps.has(ingressKey(route, key)));
    if (absent === undefined) return undefined;
    return absent.rant === route.rant
      ? doesNotExist('name', absent.name)
      : notAllowed('name', absent.name, 'not shared with the registrant of the route');
  },

  async apply(written, sedGrps, { db, caller, stamp }) {
    const rows = written.map(({ subject: route, isModified }) => ({
      ...rowNameOf(caller, route.rant, route.egrRteName),
      isModified,
      rarId: caller.registrarId,
      route,
      sedGrpIds: [
        ...new Set(
          route.ingrSedGrp.map((key) => found(sedGrps.get(ingressKey(route, key)), 'an SED group that was found')),
        ),
      ],
    }));
    putEgrRtes(db, stamp, rows);
    return new Map();
  },
};

function ingressKey({ rant }: EgrRte, key: ObjKey): string {
  return `${rant}\n${identityOf(key)}`;
}
