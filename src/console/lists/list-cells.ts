import { keyLabel } from '../../forms/key-label.js';
import type { CorInfo } from '../../model/cor-info.js';
import type { Key } from '../../model/key.js';
import { keyOf } from '../../model/key-of.js';
import type { Obj } from '../../model/obj.js';
import type { PubId } from '../../model/pub-id.js';
import type { SedRec } from '../../model/sed-rec.js';
import { isSedRec } from '../../model/sed-rec-kinds.js';
import type { SedRecRef } from '../../model/sed-rec-ref.js';

/** A part of a cell: a text; the object or the organization that it names, if it names one; or a time. */
export interface CellPart {
  readonly text: string;
  readonly key?: Key;
  readonly isOrganization?: boolean;
  readonly isTime?: boolean;
}

/** What one column says of an object: one text, or some. */
export type Cell = readonly CellPart[];

/** What the columns of its list say of an object (object-lists has their names). */
export function cellsOf(obj: Obj): Cell[] {
  const [name, registrant, changed] = [labelled(keyOf(obj)), organization(obj.rant), time(obj.mDate ?? obj.cDate)];
  if (isSedRec(obj)) {
    return [name, registrant, text(recordKinds[obj.kind]), yesOrNo(obj.isInSvc), text(...targetOf(obj)), changed];
  }
  switch (obj.kind) {
    case 'DestGrpType':
      return [name, registrant, organization(obj.rar), changed];
    case 'SedGrpType':
      return [
        ...[name, registrant, yesOrNo(obj.isInSvc), text(String(obj.priority)), destGrps(obj)],
        ...[sedRecs(obj.sedRecRef), obj.peeringOrg.flatMap(organization), changed],
      ];
    case 'SedGrpOfferType': {
      const { sedGrpKey, offeredTo } = obj.sedGrpOfferKey;
      const times = [time(obj.offerDateTime), obj.acceptDateTime === undefined ? [] : time(obj.acceptDateTime)];
      return [name, labelled(sedGrpKey), registrant, organization(offeredTo), text(obj.status), ...times];
    }
    case 'EgrRteType': {
      const { ere, repl } = obj.regxRewriteRule;
      const groups = obj.ingrSedGrp.flatMap(labelled);
      return [name, registrant, text(String(obj.pref)), text(ere), text(repl), groups, changed];
    }
    default: {
      const records = obj.kind === 'TNType' ? sedRecs(obj.sedRecRef) : [];
      const cor = obj.kind === 'URIPubIdType' ? undefined : obj.corInfo;
      return [text(identifierKinds[obj.kind]), name, registrant, destGrps(obj), records, text(corText(cor)), changed];
    }
  }
}

const recordKinds: Readonly<Record<SedRec['kind'], string>> = { NAPTRType: 'NAPTR', NSType: 'NS', URIType: 'URI' };

const identifierKinds: Readonly<Record<PubId['kind'], string>> = {
  TNType: 'Number',
  TNRType: 'Range',
  TNPType: 'Prefix',
  RNType: 'Routing number',
  URIPubIdType: 'URI',
};

function text(...texts: string[]): Cell {
  return texts.map((each) => ({ text: each }));
}

function yesOrNo(is: boolean): Cell {
  return text(is ? 'yes' : 'no');
}

function time(at: string | undefined): Cell {
  return at === undefined ? [] : [{ text: at, isTime: true }];
}

function labelled(key: Key): Cell {
  return [{ text: keyLabel(key), key }];
}

function organization(orgId: string): Cell {
  return [{ text: orgId, isOrganization: true }];
}

function destGrps({ rant, dgName }: { readonly rant: string; readonly dgName: readonly string[] }): Cell {
  return dgName.flatMap((name) => labelled({ kind: 'ObjKeyType', rant, name, type: 'DestGrp' }));
}

function sedRecs(refs: readonly SedRecRef[]): Cell {
  return refs.flatMap(({ sedKey }) => labelled(sedKey));
}

/** Where the answers of a record lead. */
function targetOf(record: SedRec): string[] {
  switch (record.kind) {
    case 'URIType':
      return [record.uri];
    case 'NSType':
      return [record.hostName];
    case 'NAPTRType':
      return record.regx === undefined ? [record.repl ?? ''] : [`${record.regx.ere} makes ${record.regx.repl}`];
  }
}

/** What became of the claim to be carrier of record. */
function corText(cor: CorInfo | undefined): string {
  if (cor?.corClaim !== true) return '';
  return cor.cor === undefined ? 'claim waits' : cor.cor ? 'yes' : 'claim lost';
}
