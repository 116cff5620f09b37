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
a grant for the object’s \`rant\`, the **recipient’s** if it has a grant for an organization that the SED group is offered
to, or **nobody’s**. A registrar in both roles may do what either role may. A refusal is 2103 with an element, the same
whether the object exists or not. Only a registrar that the table allows the operation gets 2102 for a missing object.

In the column \`recipient’s, offered\` the group (for an SED record, a group with that record) is offered to the organization
and not accepted yet. The object of \`SedGrpOffer\` is the offer itself; its registrant is that of the group.

\`refer\` is to name an object in another one: an SED record in a group or a number, an SED group in an offer, an ingress SED
group in an egress route. An object publishes the SED record or group that it names, and a successful reference proves that
its target exists. So a grant has to let the registrar read the target: SED records of the record’s registrant, also if that
is the registrant of the naming object; SED groups of the registrant that makes the offer or owns the egress route. Otherwise
the answer is 2103 with \`rant\`, whether the target exists or not. For an ingress group, the role is that towards the
route’s registrant. A destination group is named without a registrant and always belongs to the registrant of the naming
object; a registrar that may write the naming object may name it.

\`lookup\` is \`GET /lookup\` as an organization, which is the registrant in that row. The answer includes objects of others
that are shared with that organization.

The recipient’s registrar reads accepted groups and their records with \`peeringOrg\` reduced to the organizations for which
it may read SED groups.

`;

const grants = `
## Grants

A grant is for one registrar and one organization, whether that is the registrant or the recipient. It can be narrowed:

| Narrowed to | With | Without it |
|---|---|---|
| kinds of object | \`--noun\`, repeated | all |
| verbs \`add\`, \`delete\`, \`accept\`, \`reject\`, \`get\`, \`lookup\` | \`--verb\`, repeated | all |
| reading | \`--read-only\`, the same as \`--verb get\` | |
| numbers that may be added and deleted | \`--span 1202\` (a prefix), \`--span 1202-1299\` (a range), repeated | all |

Several grants for one pair add up. A number, range, prefix or routing number is in reach if all of it lies within one span
of one grant that allows the verb for \`PubId\`; a URI lies in no span. A refusal for the span alone names the number: 2103
with \`tn\`, \`tnPrefix\`, \`range\`, \`rn\` or \`uri\` in an object, \`value\`, \`range\` or \`uri\` in a key. Everything else
outside the grants is refused as if there were no grant: 2103 with \`rant\`, or \`offeredTo\` where an offer is answered.

With a grant for numbers alone, a registrar can put numbers into the destination groups of their registrant, which shares
nothing with anybody who did not have it before. To give a number SED records of its own, which everybody may look up, it
needs a grant to read SED records as well: \`--noun PubId\` and \`--noun SedRec --verb get\`. \`sppp grant show\` prints what
the grants of a registrar allow together.
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
