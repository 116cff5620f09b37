import { operatorRoles } from '../model/operator-role.js';
import { isOperated, mayOperate, operatorNouns, operatorVerbs } from './operator-table.js';
import { isAsked, may, nouns, type OfferState, type Role, type Verb, verbs } from './table.js';

/** The relation of a caller to an object: its role, whether it added the object, and the state of the offer. */
export interface Standing {
  readonly title: string;
  readonly role: Role | undefined;
  /** Whether the object was added by this registrar or by another one of the same registrant. */
  readonly ownership: 'own' | "another's";
  readonly state: OfferState;
}

export const standings: readonly Standing[] = [
  { title: 'registrant’s, added it', role: 'registrant', ownership: 'own', state: 'none' },
  { title: 'registrant’s, another added it', role: 'registrant', ownership: "another's", state: 'none' },
  { title: 'recipient’s, no offer', role: 'recipient', ownership: "another's", state: 'none' },
  { title: 'recipient’s, offered', role: 'recipient', ownership: "another's", state: 'offered' },
  { title: 'recipient’s, accepted', role: 'recipient', ownership: "another's", state: 'accepted' },
  { title: 'nobody’s', role: undefined, ownership: "another's", state: 'none' },
];

/** One cell of the table: yes, the code and element of the refusal, or a dash if there is no such operation. */
export function cell(verb: Verb, noun: (typeof nouns)[number], { role, state }: Standing): string {
  if (!isAsked(verb, noun)) return '–';
  if (role !== undefined && may(verb, noun, role, state)) return 'yes';
  if (verb === 'accept' || verb === 'reject') return '2103 offeredTo';
  if (verb === 'lookup') return '403';
  if (verb === 'hear') return 'no event';
  return verb === 'refer' && noun === 'SedGrp' ? '2103 name' : '2103 rant';
}

const introduction = `# Who may do what

\`npm run docs:authority\` generates this page from \`src/authority\`; a test compares them.

A registrar acts for the organizations that it has grants for. Towards an object it is the **registrant’s** registrar if it has a
grant for the object’s \`rant\`, the **recipient’s** if it has a grant for an organization that the SED group is offered to, or
**nobody’s**. A registrar in both roles may do what either may. A refusal is 2103 with an element, whether the object exists or
not. Only a registrar that the table allows to act gets 2102 for an object that does not exist.

- \`recipient’s, offered\` means that the group (for an SED record, a group that it is in) is offered to the organization and not
  yet accepted. An offer is itself the object of \`SedGrpOffer\`; its registrant is the group’s.
- \`refer\` means naming an object in another one: an SED record in a group or a number, an SED group in an offer, an ingress SED
  group in an egress route. A reference publishes the record or group and discloses that it exists. So a grant must let the
  registrar read it: SED records of the record’s registrant, even if that is the registrant of the naming object; SED groups of
  the registrant that makes the offer or owns the egress route. Otherwise the answer is 2103 with \`rant\`, whether the object
  exists or not. For an ingress group, the role is that of the route’s own registrant. A destination group is named without a
  registrant and belongs to the same registrant; a registrar that may write the naming object may name it.
- \`lookup\` is \`GET /lookup\`: asking, on behalf of the registrant in that row, which SED records it gets for an identifier. The
  answer has the records that are shared with that organization, of every owner.
- \`hear\` is \`GET /events\` ([event-queue.md](event-queue.md)): being told by an event what happens to an object. An event is for
  one organization: the registrant, and for an offer also the recipient, which gets events of its own. The registrar needs a grant
  for \`get\` of such objects for that organization. Events about a registrar itself, such as a changed grant, go to that registrar.
- \`GET /objects\` lists what \`get\` allows, of all objects, and says which of them are another registrant’s.
- The recipient’s registrar reads accepted groups and their records with \`peeringOrg\` reduced to the organizations whose SED
  groups it may read.

`;

const grants = `
## Grants

A grant is for one registrar and one organization, which is the registrant or the recipient. It can be narrowed:

| Narrowed to | Option | Without it |
|---|---|---|
| kinds of object | \`--noun\`, repeated | all |
| verbs \`add\`, \`delete\`, \`accept\`, \`reject\`, \`get\`, \`lookup\` | \`--verb\`, repeated | all |
| reading | \`--read-only\`, the same as \`--verb get\` | |
| numbers that may be added and deleted | \`--span 1202\` (a prefix), \`--span 1202-1299\` (a range), repeated | all |

Several grants for one pair add up. A number, range, prefix or routing number is within a grant if the whole of it lies inside one
span of one grant that allows the verb for \`PubId\`; a URI lies in no span. A refusal for the span alone names the number: 2103
with \`tn\`, \`tnPrefix\`, \`range\`, \`rn\` or \`uri\` in an object, \`value\`, \`range\` or \`uri\` in a key. Every other object outside a
grant is refused like an organization without a grant: 2103 with \`rant\`, or with \`offeredTo\` for accept and reject.

A grant for numbers alone lets a registrar put numbers into the destination groups of their registrant. That shares the data behind
the groups with no further organization. SED records of a number’s own are public. To add them, a registrar needs a grant that also
lets it read SED records: \`--noun PubId\` and another grant with \`--noun SedRec --verb get\`. \`sppp grant show\` prints the sum of a
registrar’s grants.
`;

const operators = `
## Operators

Operators run the registry ([operations.md](operations.md)). They are no registrars: they act for no organization, and no
grant counts for them. What an operator may do depends on its role alone. A role that may not do it gets HTTP 403.

`;

/** The text of docs/authority.md. */
export function authorityPage(): string {
  const head = ['Verb', 'Object', ...standings.map(({ title }) => title)];
  const rows = verbs.flatMap((verb) =>
    nouns
      .filter((noun) => isAsked(verb, noun))
      .map((noun) => [verb, noun, ...standings.map((standing) => cell(verb, noun, standing))]),
  );
  return `${introduction}${tableText(head, rows)}\n${grants}${operators}${operatorTable()}\n`;
}

function operatorTable(): string {
  const rows = operatorVerbs.flatMap((verb) =>
    operatorNouns
      .filter((noun) => isOperated(verb, noun))
      .map((noun) => [verb, noun, ...operatorRoles.map((role) => (mayOperate(role, verb, noun) ? 'yes' : '403'))]),
  );
  return tableText(['Verb', 'Resource', ...operatorRoles], rows);
}

function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
