/**
 * A registry as one would write it without a database: one item after the other, objects in a map, references followed
 * by looking. It shares nothing with the server's code and is the reference for the effect and the answer of a request
 * (RFC 7877 §5.3, §6, §7, §9.3.2; RFC 7878 §7.2, §7.3).
 */

interface Basic {
  readonly rant: string;
  readonly rar: string;
  /** Text of the inherited extension. */
  readonly note?: string | undefined;
}

export interface NamedKey {
  readonly rant: string;
  readonly name: string;
  readonly type: string;
}

/** A reference to an SED record. Values are texts, so that they can be wrong. */
export interface Ref {
  readonly key: NamedKey;
  readonly priority: string;
}

interface Member extends Basic {
  readonly dgNames: readonly string[];
}

interface Claiming {
  /** corClaim; without it there is no corInfo. */
  readonly claim?: boolean | undefined;
}

export type TnObj = Member & Claiming & { readonly type: 'TNType'; readonly tn: string; readonly refs: readonly Ref[] };
export type PubIdObj =
  | TnObj
  | (Member & Claiming & { readonly type: 'TNRType'; readonly start: string; readonly end: string })
  | (Member & Claiming & { readonly type: 'TNPType'; readonly tnPrefix: string })
  | (Member & Claiming & { readonly type: 'RNType'; readonly rn: string })
  | (Member & { readonly type: 'URIPubIdType'; readonly uri: string });
export type SedRecObj = Basic & {
  readonly type: 'URIType' | 'NAPTRType' | 'NSType';
  readonly sedName: string;
  readonly isInSvc: boolean;
  /** The host that it leads to; a NAPTR without one has neither regx nor repl. */
  readonly host: string;
};
export type SedGrpObj = Member & {
  readonly type: 'SedGrpType';
  readonly sedGrpName: string;
  readonly refs: readonly Ref[];
  readonly sources: readonly { readonly regex: string; readonly scheme: string }[];
  readonly isInSvc: boolean;
  readonly priority: string;
};
export type OfferObj = Basic & {
  readonly type: 'SedGrpOfferType';
  readonly group: NamedKey;
  readonly offeredTo: string;
};
export type EgrRteObj = Basic & {
  readonly type: 'EgrRteType';
  readonly egrRteName: string;
  readonly pref: string;
  readonly ingress: readonly NamedKey[];
};
export type DestGrpObj = Basic & { readonly type: 'DestGrpType'; readonly dgName: string };
export type ModelObj = DestGrpObj | PubIdObj | SedRecObj | SedGrpObj | OfferObj | EgrRteObj;

export interface OfferKey {
  readonly group: NamedKey;
  readonly offeredTo: string;
}

export type ModelKey =
  | { readonly named: NamedKey }
  | { readonly rant: string; readonly number: { readonly value: string; readonly type: string } }
  | { readonly rant: string; readonly range: { readonly start: string; readonly end: string } }
  | { readonly rant: string; readonly uri: string }
  | { readonly offer: OfferKey };

export type ModelItem =
  | { readonly verb: 'add'; readonly obj: ModelObj }
  | { readonly verb: 'del'; readonly key: ModelKey }
  | { readonly verb: 'accept' | 'reject'; readonly key: { readonly offer: OfferKey } };

export interface ModelCaller {
  readonly registrar: string;
  readonly grants: readonly string[];
}

/** What is said of one item. `stored` is the object as it stands after a carrier-of-record claim was won. */
export interface Told {
  readonly index: number;
  readonly code: number;
  readonly msg: string;
  readonly stored?: string;
}

export interface ModelAnswer {
  readonly code: number;
  readonly msg: string;
  readonly details: readonly Told[];
}

export interface OfferFilter {
  readonly offeredBy?: readonly string[];
  readonly offeredTo?: readonly string[];
  readonly status?: 'offered' | 'accepted';
  readonly keys?: readonly OfferKey[];
}

/** An organization accepts offers of another one when they are made. */
export interface ModelAgreement {
  readonly offeredTo: string;
  readonly offeredBy: string;
  readonly names: RegExp;
}

interface Stored {
  readonly obj: ModelObj;
  readonly cDate: string;
  readonly mDate?: string;
  readonly cor?: boolean;
  readonly corDate?: string;
  readonly status?: 'offered' | 'accepted';
  readonly offerDateTime?: string;
  readonly acceptDateTime?: string;
}

interface Refused {
  readonly code: 2101 | 2102 | 2103;
  readonly attrName: string;
  readonly attrVal: string;
}

const texts = {
  2101: 'Attribute value invalid',
  2102: 'Object does not exist',
  2103: 'Object status or ownership does not allow for operation',
} as const;

const succeeded = 'Request succeeded';

export class Model {
  readonly #orgs: ReadonlySet<string>;
  readonly #agreements: readonly ModelAgreement[];
  #objects = new Map<string, Stored>();

  constructor(orgs: readonly string[], agreements: readonly ModelAgreement[] = []) {
    this.#orgs = new Set(orgs);
    this.#agreements = agreements;
  }

  /** Stops at the first failure and undoes everything (RFC 7878 §7.2.1.1). */
  atomic(items: readonly ModelItem[], caller: ModelCaller, at: string): ModelAnswer {
    const before = this.#objects;
    const answer = this.partial(items, caller, at);
    const failure = answer.details.find(({ code }) => code !== 1000);
    if (failure === undefined) return answer;
    this.#objects = before;
    return { code: 2100, msg: 'Command invalid', details: [failure] };
  }

  /** Every item stands or falls alone. */
  partial(items: readonly ModelItem[], caller: ModelCaller, at: string): ModelAnswer {
    this.#objects = new Map(this.#objects);
    const details = items.flatMap((item, index) => this.#perform(item, index, caller, at) ?? []);
    const failed = details.filter(({ code }) => code !== 1000).length;
    if (failed === 0) return { code: 1000, msg: succeeded, details };
    const msg = `Command invalid (partial success, ${items.length - failed} of ${items.length} applied)`;
    return { code: 2100, msg, details };
  }

  /** What partial would say, and nothing done. */
  validate(items: readonly ModelItem[], caller: ModelCaller, at: string): ModelAnswer {
    const before = this.#objects;
    const answer = this.partial(items, caller, at);
    this.#objects = before;
    return answer;
  }

  /** What Get answers: its code and message, and the objects as XML (RFC 7878 §7.2.6, §7.2.8). */
  get(keys: readonly ModelKey[], caller: ModelCaller): { code: number; msg: string; objs: string[] } {
    const found = new Set<string>();
    for (const key of keys) {
      const refused = flawOfKey(key) ?? this.#mayGet(key, caller);
      if (refused !== undefined) return { code: refused.code, msg: messageOf(refused), objs: [] };
      const id = idOfKey(key);
      if (this.#objects.has(id)) found.add(id);
    }
    return { code: 1000, msg: succeeded, objs: [...found].map((id) => this.#write(id, caller)) };
  }

  /** The offers that Get SED Group Offers answers with, in no particular order (RFC 7878 §7.2.7). */
  getOffers(filter: OfferFilter, caller: ModelCaller): string[] {
    const { offeredBy = [], offeredTo = [], status, keys = [] } = filter;
    const wanted = new Set(keys.map((key) => idOfKey({ offer: key })));
    return this.#all('SedGrpOfferType')
      .filter(([id, { obj, status: has }]) => {
        const isVisible = caller.grants.includes(obj.group.rant) || caller.grants.includes(obj.offeredTo);
        const isBy = offeredBy.length === 0 || offeredBy.includes(obj.group.rant);
        const isTo = offeredTo.length === 0 || offeredTo.includes(obj.offeredTo);
        const isWanted = wanted.size === 0 || wanted.has(id);
        return isVisible && isBy && isTo && isWanted && (status === undefined || status === has);
      })
      .map(([id]) => this.#write(id, caller));
  }

  /** The keys of all objects, in the order in which they came. */
  keys(): ModelKey[] {
    return [...this.#objects.values()].map(({ obj }) => keyOf(obj));
  }

  #perform(item: ModelItem, index: number, caller: ModelCaller, at: string): Told | undefined {
    const refused = this.#judge(item, caller);
    if (refused !== undefined) return { index, code: refused.code, msg: messageOf(refused) };
    switch (item.verb) {
      case 'add':
        return this.#add(item.obj, at)
          ? { index, code: 1000, msg: succeeded, stored: this.#write(idOf(item.obj)) }
          : undefined;
      case 'del':
      case 'reject':
        this.#remove(idOfKey(item.key), at);
        return undefined;
      case 'accept':
        this.#change(idOfKey(item.key), (offer) =>
          offer.status === 'accepted' ? offer : { ...offer, status: 'accepted', mDate: at, acceptDateTime: at },
        );
        return undefined;
    }
  }

  #judge(item: ModelItem, caller: ModelCaller): Refused | undefined {
    if (item.verb === 'add')
      return flawOf(item.obj) ?? mayAdd(item.obj, caller) ?? this.#judgeReferences(item.obj, caller);
    const flaw = flawOfKey(item.key);
    if (flaw !== undefined) return flaw;
    if (item.verb === 'del') {
      const rant = rantOf(item.key);
      if (!caller.grants.includes(rant)) return { code: 2103, attrName: 'rant', attrVal: rant };
    } else if (!caller.grants.includes(item.key.offer.offeredTo)) {
      return { code: 2103, attrName: 'offeredTo', attrVal: item.key.offer.offeredTo };
    }
    return this.#objects.has(idOfKey(item.key)) ? undefined : this.#absent(item.key);
  }

  #absent(key: ModelKey): Refused {
    if ('named' in key) return { code: 2102, attrName: 'name', attrVal: key.named.name };
    if ('number' in key) return { code: 2102, attrName: 'value', attrVal: key.number.value };
    if ('range' in key) return { code: 2102, attrName: 'range', attrVal: `${key.range.start}-${key.range.end}` };
    if ('uri' in key) return { code: 2102, attrName: 'uri', attrVal: key.uri };
    const { group, offeredTo } = key.offer;
    return this.#has(group)
      ? { code: 2102, attrName: 'offeredTo', attrVal: offeredTo }
      : { code: 2102, attrName: 'name', attrVal: group.name };
  }

  #judgeReferences(obj: ModelObj, caller: ModelCaller): Refused | undefined {
    switch (obj.type) {
      case 'SedGrpType':
        return this.#judgeRefs(obj.refs, caller) ?? this.#judgeDgNames(obj);
      case 'TNType':
        return this.#judgeDgNames(obj) ?? this.#judgeRefs(obj.refs, caller);
      case 'TNRType':
      case 'TNPType':
      case 'RNType':
      case 'URIPubIdType':
        return this.#judgeDgNames(obj);
      case 'SedGrpOfferType':
        return this.#judgeOffer(obj);
      case 'EgrRteType':
        return this.#judgeIngress(obj);
      default:
        return undefined;
    }
  }

  #judgeDgNames({ rant, dgNames }: Member): Refused | undefined {
    const absent = dgNames.find((name) => !this.#has({ rant, name, type: 'DestGrp' }));
    return absent === undefined ? undefined : { code: 2102, attrName: 'dgName', attrVal: absent };
  }

  #judgeRefs(refs: readonly Ref[], caller: ModelCaller): Refused | undefined {
    for (const { key } of refs) {
      if (!caller.grants.includes(key.rant)) return { code: 2103, attrName: 'rant', attrVal: key.rant };
      if (!this.#has(key)) return { code: 2102, attrName: 'name', attrVal: key.name };
    }
    return undefined;
  }

  /** The owner of the group is checked before its existence, so that groups of others are not disclosed. */
  #judgeOffer({ rant, group, offeredTo }: OfferObj): Refused | undefined {
    if (!this.#orgs.has(offeredTo)) return { code: 2102, attrName: 'offeredTo', attrVal: offeredTo };
    if (group.rant !== rant) return { code: 2103, attrName: 'offeredTo', attrVal: offeredTo };
    if (!this.#has(group)) return { code: 2102, attrName: 'name', attrVal: group.name };
    return offeredTo === rant ? { code: 2103, attrName: 'offeredTo', attrVal: offeredTo } : undefined;
  }

  #judgeIngress({ rant, ingress }: EgrRteObj): Refused | undefined {
    for (const group of ingress) {
      if (group.rant === rant && !this.#has(group)) return { code: 2102, attrName: 'name', attrVal: group.name };
      if (group.rant !== rant && !this.#peers(group).includes(rant)) {
        return { code: 2103, attrName: 'name', attrVal: group.name };
      }
    }
    return undefined;
  }

  #mayGet(key: ModelKey, caller: ModelCaller): Refused | undefined {
    const rant = rantOf(key);
    const isMine = (org: string) => caller.grants.includes(org);
    const isPeer = (group: NamedKey) => this.#peers(group).some(isMine);
    if (isMine(rant)) return undefined;
    if ('offer' in key && isMine(key.offer.offeredTo)) return undefined;
    if ('named' in key && key.named.type === 'SedGrp' && isPeer(key.named)) return undefined;
    if ('named' in key && key.named.type === 'SedRec') {
      const holders = this.#all('SedGrpType').filter(([, { obj }]) =>
        obj.refs.some((ref) => sameName(ref.key, key.named)),
      );
      if (holders.some(([, { obj }]) => isPeer(groupKey(obj)))) return undefined;
    }
    return { code: 2103, attrName: 'rant', attrVal: rant };
  }

  /** Creates or replaces; whether a carrier-of-record claim holds now. */
  #add(obj: ModelObj, at: string): boolean {
    const id = idOf(obj);
    const before = this.#objects.get(id);
    const dates = before === undefined ? { cDate: at } : { cDate: before.cDate, mDate: at };
    if (obj.type === 'SedGrpOfferType') {
      const { status = 'offered', offerDateTime = at, acceptDateTime } = before ?? {};
      const isCovered = this.#agreements.some(
        ({ offeredTo, offeredBy, names }) =>
          offeredTo === obj.offeredTo && offeredBy === obj.rant && names.test(obj.group.name),
      );
      const offered = { obj, ...dates, status, offerDateTime };
      if (status === 'offered' && isCovered) {
        this.#objects.set(id, { ...offered, status: 'accepted', acceptDateTime: at });
      } else this.#objects.set(id, acceptDateTime === undefined ? offered : { ...offered, acceptDateTime });
      return false;
    }
    const cor = 'claim' in obj && obj.claim ? this.#settle(obj, before, at) : {};
    this.#objects.set(id, { obj, ...dates, ...cor });
    return 'cor' in cor && cor.cor === true;
  }

  /** The first claim holds; one that holds is kept, one that was lost is settled anew (RFC 7877 §6.2). */
  #settle(obj: PubIdObj, before: Stored | undefined, at: string): { cor: boolean; corDate: string } {
    if (before?.cor) return { cor: true, corDate: before.corDate ?? at };
    const rivals = [...this.#objects.values()].filter((other) => other.cor && other.obj.rant !== obj.rant);
    return { cor: !rivals.some((other) => overlap(obj, other.obj)), corDate: at };
  }

  /** Deletes an object with the references to it. What loses one was modified then; an offer goes with its group. */
  #remove(id: string, at: string): void {
    this.#objects.delete(id);
    for (const [other, { obj }] of [...this.#objects]) {
      if (obj.type === 'SedGrpOfferType') {
        if (idOfKey({ named: obj.group }) === id) this.#objects.delete(other);
        continue;
      }
      const without = withoutReference(obj, id);
      if (without !== obj) this.#change(other, (stored) => ({ ...stored, obj: without, mDate: at }));
    }
  }

  #change(id: string, change: (stored: Stored) => Stored): void {
    const stored = this.#objects.get(id);
    if (stored !== undefined) this.#objects.set(id, change(stored));
  }

  #has(key: NamedKey): boolean {
    return this.#objects.has(idOfKey({ named: key }));
  }

  #all<T extends ModelObj['type']>(type: T): [string, Stored & { obj: Extract<ModelObj, { type: T }> }][] {
    return [...this.#objects].filter((entry): entry is [string, Stored & { obj: Extract<ModelObj, { type: T }> }] => {
      return entry[1].obj.type === type;
    });
  }

  /** Who accepted an offer of the group, in the order of accepting. */
  #peers(group: NamedKey): string[] {
    return this.#all('SedGrpOfferType')
      .filter(([, { obj, status }]) => status === 'accepted' && sameName(obj.group, group))
      .sort(([, a], [, b]) => (a.acceptDateTime ?? '').localeCompare(b.acceptDateTime ?? ''))
      .map(([, { obj }]) => obj.offeredTo);
  }

  /** An object as it is answered; names are spelt as the objects that bear them. */
  #write(id: string, reader?: ModelCaller): string {
    const stored = this.#objects.get(id);
    if (stored === undefined) return '';
    const { obj, cor, corDate, status, offerDateTime, acceptDateTime } = stored;
    const sees = (who: string) => reader?.grants.includes(who) ?? true;
    const isOwn = sees(obj.rant);
    return writeObj(
      'resultObj',
      spelled(obj, (key) => this.#spelling(key)),
      {
        cDate: stored.cDate,
        mDate: stored.mDate,
        corInfo: cor === undefined ? '' : b('cor', cor) + b('corDate', corDate ?? ''),
        peers: obj.type === 'SedGrpType' ? this.#peers(groupKey(obj)).filter((peer) => isOwn || sees(peer)) : [],
        life: status === undefined ? undefined : { status, offerDateTime: offerDateTime ?? '', acceptDateTime },
      },
    );
  }

  #spelling(key: NamedKey): string {
    const obj = this.#objects.get(idOfKey({ named: key }))?.obj;
    return obj === undefined ? key.name : nameOf(obj);
  }
}

// Identity ----------------------------------------------------------------------------------------------------

/** Case-insensitive by full folding (RFC 7877 §5.2), as far as the names of the tests go. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll('ß', 'ss');
}

function digits(number: string): string {
  return number.replace(/^\+/, '');
}

function idOf(obj: ModelObj): string {
  return idOfKey(keyOf(obj));
}

export function idOfKey(key: ModelKey): string {
  if ('named' in key) return `${key.named.rant} ${key.named.type} ${fold(key.named.name)}`;
  if ('offer' in key) return `${idOfKey({ named: key.offer.group })} to ${key.offer.offeredTo}`;
  if ('number' in key) return `${key.rant} ${key.number.type} ${digits(key.number.value)}`;
  if ('range' in key) return `${key.rant} range ${digits(key.range.start)}-${digits(key.range.end)}`;
  return `${key.rant} uri ${key.uri}`;
}

export function keyOf(obj: ModelObj): ModelKey {
  const { rant } = obj;
  switch (obj.type) {
    case 'TNType':
      return { rant, number: { value: obj.tn, type: 'TN' } };
    case 'TNPType':
      return { rant, number: { value: obj.tnPrefix, type: 'TNPrefix' } };
    case 'RNType':
      return { rant, number: { value: obj.rn, type: 'RN' } };
    case 'TNRType':
      return { rant, range: { start: obj.start, end: obj.end } };
    case 'URIPubIdType':
      return { rant, uri: obj.uri };
    case 'SedGrpOfferType':
      return { offer: { group: obj.group, offeredTo: obj.offeredTo } };
    case 'DestGrpType':
      return { named: { rant, name: obj.dgName, type: 'DestGrp' } };
    case 'SedGrpType':
      return { named: groupKey(obj) };
    case 'EgrRteType':
      return { named: { rant, name: obj.egrRteName, type: 'EgrRte' } };
    default:
      return { named: { rant, name: obj.sedName, type: 'SedRec' } };
  }
}

function nameOf(obj: ModelObj): string {
  const key = keyOf(obj);
  return 'named' in key ? key.named.name : '';
}

function groupKey({ rant, sedGrpName }: SedGrpObj): NamedKey {
  return { rant, name: sedGrpName, type: 'SedGrp' };
}

function sameName(a: NamedKey, b: NamedKey): boolean {
  return idOfKey({ named: a }) === idOfKey({ named: b });
}

function rantOf(key: ModelKey): string {
  if ('named' in key) return key.named.rant;
  return 'offer' in key ? key.offer.group.rant : key.rant;
}

// Authority and form ------------------------------------------------------------------------------------------

function mayAdd({ rar, rant }: ModelObj, caller: ModelCaller): Refused | undefined {
  if (rar !== caller.registrar) return { code: 2103, attrName: 'rar', attrVal: rar };
  return caller.grants.includes(rant) ? undefined : { code: 2103, attrName: 'rant', attrVal: rant };
}

type Check = readonly [attrName: string, attrVal: string, isGood: boolean];

/** The first invalid value, in the order of the elements. */
function firstFlaw(checks: readonly Check[]): Refused | undefined {
  const [attrName, attrVal] = checks.find(([, , isGood]) => !isGood) ?? [];
  return attrName === undefined ? undefined : { code: 2101, attrName, attrVal: attrVal ?? '' };
}

const org = (attrName: string, id: string): Check => [attrName, id, /^[A-Za-z][A-Za-z0-9-]*:./.test(id)];
const name = (attrName: string, text: string): Check => [attrName, text, text.length >= 3 && text.length <= 80];
const number = (attrName: string, text: string): Check => [attrName, text, isNumber(text)];
const short = (attrName: string, text: string): Check => [attrName, text, /^\d+$/.test(text) && Number(text) < 65536];

function isNumber(text: string): boolean {
  return /^\+?[0-9]+$/.test(text) && text.length <= 20;
}

/** Digit by digit from the left: the end covers every number that begins with it. */
function range(start: string, end: string): Check {
  const [from, to] = [digits(start), digits(end)];
  return ['range', `${start}-${end}`, isNumber(start) && isNumber(end) && from.slice(0, to.length) <= to];
}

function named(key: NamedKey, types: readonly string[]): Check[] {
  return [org('rant', key.rant), name('name', key.name), ['type', key.type, types.includes(key.type)]];
}

function ref({ key, priority }: Ref): Check[] {
  return [...named(key, ['SedRec']), short('priority', priority)];
}

function offered({ group, offeredTo }: OfferKey): Check[] {
  return [...named(group, ['SedGrp']), org('offeredTo', offeredTo)];
}

function flawOf(obj: ModelObj): Refused | undefined {
  const dgNames = 'dgNames' in obj ? obj.dgNames.map((dgName) => name('dgName', dgName)) : [];
  return firstFlaw([org('rant', obj.rant), org('rar', obj.rar), ...checksOf(obj, dgNames)]);
}

function checksOf(obj: ModelObj, dgNames: readonly Check[]): Check[] {
  switch (obj.type) {
    case 'DestGrpType':
      return [name('dgName', obj.dgName)];
    case 'TNType':
      return [...dgNames, number('tn', obj.tn), ...obj.refs.flatMap(ref)];
    case 'TNRType':
      return [...dgNames, range(obj.start, obj.end)];
    case 'TNPType':
      return [...dgNames, number('tnPrefix', obj.tnPrefix)];
    case 'RNType':
      return [...dgNames, number('rn', obj.rn)];
    case 'URIPubIdType':
      return [...dgNames];
    case 'NAPTRType':
      return [name('sedName', obj.sedName), ['regx', '', obj.host !== '']];
    case 'NSType':
    case 'URIType':
      return [name('sedName', obj.sedName)];
    case 'SedGrpType':
      return [
        name('sedGrpName', obj.sedGrpName),
        ...obj.refs.flatMap(ref),
        ...dgNames,
        short('priority', obj.priority),
      ];
    case 'SedGrpOfferType':
      return offered(obj);
    case 'EgrRteType': {
      const ingress = obj.ingress.flatMap((key) => named(key, ['SedGrp']));
      return [name('egrRteName', obj.egrRteName), short('pref', obj.pref), ...ingress];
    }
  }
}

function flawOfKey(key: ModelKey): Refused | undefined {
  if ('named' in key) return firstFlaw(named(key.named, ['SedGrp', 'DestGrp', 'SedRec', 'EgrRte']));
  if ('offer' in key) return firstFlaw(offered(key.offer));
  const rant = org('rant', key.rant);
  if ('range' in key) return firstFlaw([rant, range(key.range.start, key.range.end)]);
  if ('uri' in key) return firstFlaw([rant]);
  const { value, type } = key.number;
  return firstFlaw([rant, number('value', value), ['type', type, ['TN', 'TNPrefix', 'RN'].includes(type)]]);
}

function messageOf({ code, attrName, attrVal }: Refused): string {
  return `${texts[code]} AttrName:${attrName} AttrVal:${attrVal}`;
}

// Numbers and references --------------------------------------------------------------------------------------

/** Whether there can be a number in both; routing numbers are a space of their own. */
function overlap(a: ModelObj, b: ModelObj): boolean {
  if ((a.type === 'RNType') !== (b.type === 'RNType')) return false;
  return isIn(lowest(a), b) || isIn(lowest(b), a);
}

function lowest(obj: ModelObj): string {
  if (obj.type === 'TNType') return digits(obj.tn);
  if (obj.type === 'TNRType') return digits(obj.start);
  if (obj.type === 'TNPType') return digits(obj.tnPrefix);
  return obj.type === 'RNType' ? digits(obj.rn) : '';
}

function isIn(number: string, obj: ModelObj): boolean {
  if (obj.type === 'TNPType') return number.startsWith(digits(obj.tnPrefix));
  if (obj.type !== 'TNRType') return number === lowest(obj);
  const end = digits(obj.end);
  return number >= digits(obj.start) && number.slice(0, end.length) <= end;
}

/** The object without its references to the deleted one; the same object if it had none. */
function withoutReference(obj: ModelObj, gone: string): ModelObj {
  const stays = (key: NamedKey) => idOfKey({ named: key }) !== gone;
  let without = obj;
  if ('dgNames' in without) {
    const { rant, dgNames } = without;
    const left = dgNames.filter((dgName) => stays({ rant, name: dgName, type: 'DestGrp' }));
    if (left.length < dgNames.length) without = { ...without, dgNames: left };
  }
  if ('refs' in without) {
    const left = without.refs.filter(({ key }) => stays(key));
    if (left.length < without.refs.length) without = { ...without, refs: left };
  }
  if ('ingress' in without) {
    const left = without.ingress.filter(stays);
    if (left.length < without.ingress.length) without = { ...without, ingress: left };
  }
  return without;
}

/** The object with each reference once, the last mention at the place of the first, under the name of what it means. */
function spelled(obj: ModelObj, spelling: (key: NamedKey) => string): ModelObj {
  const respell = (key: NamedKey): NamedKey => ({ ...key, name: spelling(key) });
  let written = obj;
  if ('dgNames' in written) {
    const { rant, dgNames } = written;
    const names = dgNames.map((dgName) => spelling({ rant, name: dgName, type: 'DestGrp' }));
    written = { ...written, dgNames: [...new Set(names)] };
  }
  if ('refs' in written) {
    const refs = written.refs.map((each): [string, Ref] => [
      idOfKey({ named: each.key }),
      { ...each, key: respell(each.key) },
    ]);
    written = { ...written, refs: [...new Map(refs).values()] };
  }
  if ('sources' in written) {
    const sources = written.sources.map((source) => [`${source.scheme} ${source.regex}`, source] as const);
    written = { ...written, sources: [...new Map(sources).values()] };
  }
  if ('ingress' in written) {
    const ingress = written.ingress.map((key): [string, NamedKey] => [idOfKey({ named: key }), respell(key)]);
    written = { ...written, ingress: [...new Map(ingress).values()] };
  }
  return 'group' in written ? { ...written, group: respell(written.group) } : written;
}

// XML ---------------------------------------------------------------------------------------------------------

interface Server {
  readonly cDate?: string | undefined;
  readonly mDate?: string | undefined;
  readonly corInfo?: string;
  readonly peers?: readonly string[];
  readonly life?: { status: string; offerDateTime: string; acceptDateTime: string | undefined } | undefined;
}

function b(element: string, content: string | boolean): string {
  return `<b:${element}>${content}</b:${element}>`;
}

/** An object as an element of a request, or, with what the server adds, of an answer. */
export function writeObj(element: string, obj: ModelObj, server: Server = {}): string {
  const { cDate, mDate } = server;
  const dates = (cDate === undefined ? '' : b('cDate', cDate)) + (mDate === undefined ? '' : b('mDate', mDate));
  const ext = obj.note === undefined ? '' : b('ext', `<x:note xmlns:x="urn:example:x">${obj.note}</x:note>`);
  const basic = b('rant', obj.rant) + b('rar', obj.rar) + dates + ext;
  return `<${element} xsi:type="b:${obj.type}">${basic}${contentOf(obj, server)}</${element}>`;
}

function contentOf(obj: ModelObj, server: Server): string {
  const dgNames = 'dgNames' in obj ? obj.dgNames.map((dgName) => b('dgName', dgName)).join('') : '';
  const refs = 'refs' in obj ? obj.refs.map(writeRef).join('') : '';
  const claim =
    'claim' in obj && obj.claim !== undefined ? b('corInfo', b('corClaim', obj.claim) + (server.corInfo ?? '')) : '';
  switch (obj.type) {
    case 'DestGrpType':
      return b('dgName', obj.dgName);
    case 'TNType':
      return dgNames + b('tn', obj.tn) + claim + refs;
    case 'TNRType':
      return dgNames + b('range', b('startRange', obj.start) + b('endRange', obj.end)) + claim;
    case 'TNPType':
      return dgNames + b('tnPrefix', obj.tnPrefix) + claim;
    case 'RNType':
      return dgNames + b('rn', obj.rn) + claim;
    case 'URIPubIdType':
      return dgNames + b('uri', obj.uri);
    case 'URIType':
      return b('sedName', obj.sedName) + b('isInSvc', obj.isInSvc) + b('ere', '^(.*)$') + b('uri', `sip:${obj.host}`);
    case 'NSType':
      return b('sedName', obj.sedName) + b('isInSvc', obj.isInSvc) + b('hostName', obj.host);
    case 'NAPTRType': {
      const regx = obj.host === '' ? '' : b('regx', b('ere', '^(.*)$') + b('repl', `sip:\\1@${obj.host}`));
      const rule = b('order', '10') + b('svcs', 'E2U+sip') + regx;
      return b('sedName', obj.sedName) + b('isInSvc', obj.isInSvc) + rule;
    }
    case 'SedGrpType': {
      const peers = (server.peers ?? []).map((peer) => b('peeringOrg', peer)).join('');
      const sources = obj.sources
        .map(({ regex, scheme }) => b('sourceIdent', b('sourceIdentRegex', regex) + b('sourceIdentScheme', scheme)))
        .join('');
      const service = b('isInSvc', obj.isInSvc) + b('priority', obj.priority);
      return b('sedGrpName', obj.sedGrpName) + refs + dgNames + peers + sources + service;
    }
    case 'SedGrpOfferType': {
      const { status, offerDateTime, acceptDateTime } = server.life ?? {};
      const times = b('offerDateTime', offerDateTime ?? '2012-10-22T09:30:10Z');
      const accepted = acceptDateTime === undefined ? '' : b('acceptDateTime', acceptDateTime);
      const key = `<b:sedGrpOfferKey xsi:type="s:SedGrpOfferKeyType">${offerKeyContent(obj)}</b:sedGrpOfferKey>`;
      return key + b('status', status ?? 'offered') + times + accepted;
    }
    case 'EgrRteType': {
      const rule = b('regxRewriteRule', b('ere', '^(.*)$') + b('repl', '\\1'));
      const ingress = obj.ingress.map(
        (key) => `<b:ingrSedGrp xsi:type="s:ObjKeyType">${keyContent(key)}</b:ingrSedGrp>`,
      );
      return b('egrRteName', obj.egrRteName) + b('pref', obj.pref) + rule + ingress.join('');
    }
  }
}

function writeRef({ key, priority }: Ref): string {
  return b('sedRecRef', `<b:sedKey xsi:type="s:ObjKeyType">${keyContent(key)}</b:sedKey>${b('priority', priority)}`);
}

function keyContent({ rant, name: text, type }: NamedKey): string {
  return `<rant>${rant}</rant><name>${text}</name><type>${type}</type>`;
}

function offerKeyContent({ group, offeredTo }: OfferKey): string {
  return `<sedGrpKey>${keyContent(group)}</sedGrpKey><offeredTo>${offeredTo}</offeredTo>`;
}

/** A key as an element of a request; an offer's key needs no xsi:type where only such a key can stand. */
export function writeKey(element: string, key: ModelKey, isTyped = true): string {
  const type = (of: string) => (isTyped ? ` xsi:type="s:${of}"` : '');
  if ('named' in key) return `<${element}${type('ObjKeyType')}>${keyContent(key.named)}</${element}>`;
  if ('offer' in key) return `<${element}${type('SedGrpOfferKeyType')}>${offerKeyContent(key.offer)}</${element}>`;
  return `<${element}${type('PubIdKeyType')}><rant>${key.rant}</rant>${pubIdContent(key)}</${element}>`;
}

function pubIdContent(key: Exclude<ModelKey, { named: NamedKey } | { offer: OfferKey }>): string {
  if ('uri' in key) return `<uri>${key.uri}</uri>`;
  if ('range' in key) return `<range>${b('startRange', key.range.start)}${b('endRange', key.range.end)}</range>`;
  return `<number>${b('value', key.number.value)}${b('type', key.number.type)}</number>`;
}
