import { type ObjKind, objKinds } from '../model/object-order.js';
import { type ParameterFault, shortened } from '../values/parameter-fault.js';
import { codePoints } from '../values/text.js';

/** Which objects a list has; undefined: all. */
export interface ListFilter {
  readonly kinds: readonly ObjKind[] | undefined;
  /** Organization ids of registrants. */
  readonly rants: readonly string[] | undefined;
}

/** Characters of an organization id at most (docs/limits.md). */
const MAX_ORG_ID = 255;

/** The parameters as JSON Schema; readListFilter takes the same. */
export const listFilterSchema = {
  type: 'object',
  properties: {
    kind: {
      type: 'array',
      items: { type: 'string', enum: objKinds },
      description: 'Kinds of objects, repeated; all without it',
    },
    rant: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: MAX_ORG_ID },
      description: 'Organization ids of registrants, repeated; all without it',
    },
  },
} as const;

/** Reads the filters. A parameter may be whatever a query string can make: a text, or an array of texts. */
export function readListFilter(parameters: Readonly<Record<string, unknown>>): ListFilter | ParameterFault {
  const values: { kind?: string[]; rant?: string[] } = {};
  for (const field in parameters) {
    const given = [parameters[field]].flat().map(String);
    if (field !== 'kind' && field !== 'rant') {
      return { field, value: shortened(given.join(' ')), rule: 'kind and rant only' };
    }
    for (const value of given) {
      const rule = field === 'kind' ? kindRule(value) : rantRule(value);
      if (rule !== undefined) return { field, value: shortened(value), rule };
    }
    values[field] = given;
  }
  return { kinds: values.kind as ObjKind[] | undefined, rants: values.rant };
}

function kindRule(value: string): string | undefined {
  return objKinds.some((kind) => kind === value) ? undefined : `one of ${objKinds.join(', ')}`;
}

function rantRule(value: string): string | undefined {
  if (value === '' || codePoints(value) > MAX_ORG_ID) return `an organization id of 1 to ${MAX_ORG_ID} characters`;
  return /\p{Cc}/u.test(value) ? 'no control characters' : undefined;
}
