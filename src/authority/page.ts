import { operatorRoles } from '../model/operator-role.js';
import { isOperated, mayOperate, operatorNouns, operatorVerbs } from './operator-table.js';
import { isAsked, may, nouns, type OfferState, type Role, type Verb, verbs } from './table.js';

/** A column of the table: the caller's role towards an object, the registrar that added it, and the state of an offer. */
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

/** A cell of the table: yes, the code and element of the refusal, or a dash if there is no such operation. */
export function cell(verb: Verb, noun: (typeof nouns)[number], { role, state }: Standing): string {
  if (!isAsked(verb, noun)) return '–';
  if (role !== undefined && may(verb, noun, role, state)) return 'yes';
  if (verb === 'accept' || verb === 'reject') return '2103 offeredTo';
  if (verb === 'lookup') return '403';
  return verb === 'refer' && noun === 'SedGrp' ? '2103 name' : '2103 rant';
}

const introduction = `# Who may do what

Made from \`src/authority\` by \`npm run docs:authority\`; a test compares them.

A registrar acts for organizations that it has a grant for. Towards an object it is the **registrant’s** registrar if it has
a grant for the object’s \`rant\`, the **recipient’s** if it has one for an organization that the SED group is offered to,
or **nobody’s**. Being both, it may do what either may. What a registrar is refused is told with 2103 and an element, the
same whether there is such an object or not; only whom the table lets is told with 2102 that there is none.

The columns: \`recipient’s, offered\` means that the group (for an SED record, a group that it is in) is offered to the
organization and not accepted yet. An offer itself is the object of \`SedGrpOffer\`; its registrant is the group’s.
\`refer\` is naming an object in another one: an SED record in a group or a number, an SED group in an offer, an ingress
SED group in an egress route. What names an SED record or group publishes it, and tells that it is there. So a grant must
let the registrar read it: SED records of the record's registrant, be it the naming object's own; SED groups of the
registrant that makes the offer, or whose egress route it is. Otherwise the answer is 2103 with \`rant\`, whether there is
such an object or not. For an ingress group, the role is that of the route's own registrant. A destination group is named
without a registrant and is always of the same; it may be named by who may write the object that names it.

\`lookup\` is \`GET /lookup\`: asking as an organization, the registrant in that row, which SED records it gets for an
identifier. What is shared with that organization is part of the answer, whoever owns it.

Accepted groups and their records are read by the recipient’s registrar with \`peeringOrg\` cut down to the organizations
that it may read SED groups for.

`;

const grants = `
## Grants

A grant holds for one registrar and one registrant (or recipient: it is the organization that counts). It can be narrowed:

| Narrowed to | With | Without it |
|---|---|---|
| kinds of object | \`--noun\`, repeated | all |
| verbs \`add\`, \`delete\`, \`accept\`, \`reject\`, \`get\`, \`lookup\` | \`--verb\`, repeated | all |
| reading | \`--read-only\`, the same as \`--verb get\` | |
| numbers that may be added and deleted | \`--span 1202\` (a prefix), \`--span 1202-1299\` (a range), repeated | all |

Several grants for one pair add up. A number, range, prefix or routing number is in reach if all of it lies inside one
span of one grant that lets the verb be done to \`PubId\`; a URI lies in no span. What is refused for the span alone names
the number: 2103 with \`tn\`, \`tnPrefix\`, \`range\`, \`rn\` or \`uri\` in an object, \`value\`, \`range\` or \`uri\` in a key.
Everything else that a grant does not reach is refused like an organization without any: 2103 with \`rant\`, or
\`offeredTo\` where an offer is answered.

With a grant for numbers alone, numbers can be put into the destination groups of their registrant: what these lead to is
shared with nobody by it who did not have it before. To give a number SED records of its own, which everybody may look
up, takes a grant that lets SED records be read as well: \`--noun PubId\` and, beside it, \`--noun SedRec --verb get\`.
\`sppp grant show\` prints what the grants of a registrar add up to.
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
