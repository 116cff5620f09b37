import type { Pool } from 'pg';
import { mayAgree } from '../../authority/may.js';
import { HttpRefusedError } from '../../http/http-refused.js';
import { tooManyRequests } from '../../http/too-many-requests.js';
import { type RequestThrottle, TooManyRequestsError } from '../../intake/accounts.js';
import {
  type Author,
  findAgreement,
  makeAgreement,
  type NewAgreement,
  withdrawAgreement,
} from '../../registry/access/agreements.js';
import { readNamePattern } from '../../values/name-pattern.js';
import { isRefusal } from '../../values/refusal.js';
import { Effects, nothingTold } from '../planned-change.js';
import type { Plan } from '../planned-routes.js';
import { idIn, NOT_SHOWN, type Query, refused, shown, textIn } from '../query.js';
import { requireOperator } from '../require-operator.js';
import type { Visitor } from '../visitor.js';

/** Characters of the name of a person or program that an operator acts for. */
const MAX_NAME = 255;

const AGREEMENTS = '/console/agreements';

/** What agreements are changed with. */
export interface AgreementChangesParts {
  readonly pool: Pool;
  readonly clock: () => Date;
  readonly intake: { readonly throttle: Pick<RequestThrottle, 'enter'> };
}

/**
 * The changes of standing agreements, by the last part of their paths: by registrars that may accept offers for the recipient,
 * as over HTTP, and by operators on behalf of somebody, as by `sppp agreement`.
 */
export function agreementPlans({ pool, clock, intake }: AgreementChangesParts): Readonly<Record<string, Plan>> {
  /** Counts a change, as it counts over HTTP. */
  const enter = (visitor: Visitor) => {
    if (visitor.kind === 'operator') return;
    const slowed = intake.throttle.enter(visitor.caller.registrarId);
    if (slowed !== undefined) throw tooManyRequests(new TooManyRequestsError(slowed), visitor.caller);
  };
  return {
    add: async (query, visitor) => {
      const wanted = agreementIn(query);
      const author = authorOf(visitor, wanted.offeredTo, query);
      const { offeredTo, offeredBy, pattern } = wanted;
      return {
        title: `Accept the offers of ${offeredBy} for ${offeredTo}`,
        effects: (
          <Effects
            lines={[
              `offers of ${pattern === null ? 'all its groups' : `groups with names such as ${pattern}`} are accepted when they are made`,
              'offers that wait stay as they are, until they are made again',
              ...('onBehalfOf' in author ? [`it is on record as asked for by ${author.onBehalfOf}`] : []),
            ]}
          />
        ),
        ...{ button: 'Agree', back: AGREEMENTS },
        make: async () => {
          enter(visitor);
          const made = await makeAgreement(pool, wanted, author, clock());
          if ('rule' in made) throw refused(made.field, made.value, made.rule);
          return undefined;
        },
      };
    },
    withdraw: async (query, visitor) => {
      const id = idIn(query, 'id');
      const { offeredTo, offeredBy, withdrawnAt } = shown(await findAgreement(pool, id));
      const author = authorOf(visitor, offeredTo, query);
      return {
        title: `Withdraw agreement ${id}`,
        effects: (
          <Effects
            lines={[
              `offers of ${offeredBy} to ${offeredTo} are no longer accepted by it when they are made`,
              'what it accepted stays accepted',
              ...('onBehalfOf' in author ? [`it is on record as asked for by ${author.onBehalfOf}`] : []),
            ]}
          />
        ),
        obstacle: withdrawnAt === null ? undefined : 'It is withdrawn already.',
        ...{ button: 'Withdraw it', back: AGREEMENTS },
        make: async () => {
          enter(visitor);
          return withdrawAgreement(pool, id, author, clock()).then(nothingTold);
        },
      };
    },
  };
}

function agreementIn(query: Query): NewAgreement {
  const [offeredTo, offeredBy] = [textIn(query, 'offeredTo'), textIn(query, 'offeredBy')];
  const written = textIn(query, 'pattern');
  const pattern = written === '' ? null : written;
  const read = pattern === null ? null : readNamePattern(pattern);
  if (isRefusal(read)) throw refused('pattern', written, read.error);
  return { offeredTo, offeredBy, pattern };
}

/** Who makes or withdraws an agreement of an organization, for the record. */
function authorOf(visitor: Visitor, offeredTo: string, query: Query): Author {
  if (visitor.kind === 'registrar') {
    // The same for an organization that is not there.
    if (!mayAgree(visitor.caller, offeredTo)) throw new HttpRefusedError(404, NOT_SHOWN);
    return visitor.caller;
  }
  requireOperator(visitor, 'change', 'Agreement');
  const onBehalfOf = textIn(query, 'for').trim();
  if (onBehalfOf !== '' && onBehalfOf.length <= MAX_NAME) return { onBehalfOf };
  throw refused('for', onBehalfOf, `who asked for it, for the record: 1 to ${MAX_NAME} characters`);
}
