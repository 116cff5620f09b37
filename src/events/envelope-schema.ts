import type { JsonSchema } from './event-type.js';

/** The envelope of all events: CloudEvents 1.0 in its JSON format, with two extension attributes. */
export const envelopeSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:sppp:event',
  title: 'An event of an SPPP registry',
  type: 'object',
  properties: {
    specversion: { const: '1.0' },
    id: { description: 'Position in the registry, in decimal digits', type: 'string', pattern: '^[1-9][0-9]*$' },
    source: { description: 'The registry', type: 'string', pattern: '^urn:sppp:registry:.' },
    type: {
      description: 'What has happened, with the version of data',
      type: 'string',
      pattern: '^sppp\\..+\\.v[1-9]$',
    },
    subject: { description: 'Key of what it is about', type: 'string', minLength: 1 },
    time: { description: 'When it happened', type: 'string', format: 'date-time' },
    datacontenttype: { const: 'application/json' },
    dataschema: { description: 'Name of the JSON Schema of data', type: 'string', pattern: '^urn:sppp:event:.' },
    sppporganization: { description: 'Organization that it is for; absent: operators', type: 'string' },
    sppptransid: { description: 'Server transaction id of the request that caused it', type: 'string', format: 'uuid' },
    data: { description: 'As the schema of the type has it', type: 'object' },
  },
  required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema', 'data'],
};
