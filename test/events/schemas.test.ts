/** The kinds of events: names, schemas, examples and the page that is made from them. */

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { cloudEvent } from '../../src/events/cloud-event.js';
import { envelopeSchema } from '../../src/events/envelope-schema.js';
import { eventTypes } from '../../src/events/event-types.js';
import { renewEventsPage } from '../../src/events/page.js';
import { isKeyFault, readKey } from '../../src/forms/key-text.js';
import { faultsOf } from '../support/events.js';

const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');
const formats = { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)), uuid: /^[0-9a-f-]{36}$/ };
const isEnvelope = new Ajv2020({ formats }).compile({ ...envelopeSchema, additionalProperties: false });

it('docs/events.md is what npm run docs:events makes', () => {
  expect(renewEventsPage(page)).toBe(page);
});

it('no two types have one name', () => {
  expect(new Set(eventTypes.map(({ type }) => type)).size).toBe(eventTypes.length);
});

it('the example of an envelope in the page follows its schema, and that of its data', () => {
  const [, text = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  const event = JSON.parse(text);
  expect(isEnvelope(event), JSON.stringify(isEnvelope.errors)).toBe(true);
  expect(faultsOf(event)).toEqual([]);
});

describe.each(eventTypes)('$type', ({ type, schema, example, subject, meaning, audience }) => {
  it('is named and described', () => {
    expect(type).toMatch(/^sppp\.[a-z]+\.[a-zA-Z]+\.v1$/);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    expect(audience).not.toBe('');
  });

  it('has an example that follows its schema, each member described', () => {
    expect(faultsOf({ type, data: example })).toEqual([]);
    const properties = schema.properties as Record<string, { description?: string }>;
    for (const [name, { description }] of Object.entries(properties)) expect(description, name).toBeTruthy();
    expect(faultsOf({ type, data: { ...example, strange: 1 } })).not.toEqual([]);
    for (const name of Object.keys(example)) {
      const { [name]: _, ...rest } = example;
      const isRequired = (schema.required as string[]).includes(name);
      expect(faultsOf({ type, data: rest }), name).toEqual(isRequired ? [expect.anything()] : []);
    }
  });

  it('has a subject that sppp get reads, if it is about an object', () => {
    if (!/^sppp\.(offer|peer|claim|object)\./.test(type)) return;
    const key = readKey(subject, undefined);
    expect(isKeyFault(key), JSON.stringify(key)).toBe(false);
  });

  it('fits the envelope', () => {
    const event = cloudEvent(
      {
        ...{ position: 1n, type, organization: null, subject, happenedAt: new Date(), data: example },
        serverTransId: '0197ab3c-5b6e-7d31-8f0a-2f0f3f1f6a10',
      },
      'test',
    );
    expect(isEnvelope(event), JSON.stringify(isEnvelope.errors)).toBe(true);
  });
});
