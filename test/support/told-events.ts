import { expect } from 'vitest';
import type { CloudEvent } from '../../src/events/cloud-event.js';
import type { ModelEvent } from './event-model.js';

/**
 * Checks that events are those that a model tells: all of them, each once, those of a subject in their order, and none before
 * one whose cause was over when its own began.
 *
 * @param events in the order of their positions
 */
export function expectTold(events: readonly CloudEvent[], told: readonly ModelEvent[], who: string): void {
  const [got, expected] = [bySubject(events), bySubject(told)];
  const contents = <Event>(groups: ReadonlyMap<string, Event[]>, contentOf: (event: Event) => object) =>
    Object.fromEntries([...groups].map(([subject, group]) => [subject, group.map(contentOf)]));
  expect(contents(got, contentOfEvent), who).toEqual(contents(expected, contentOfModel));
  let begun = 0;
  for (const event of events) {
    const { sent, known } = expected.get(event.subject)?.shift()?.cause ?? { sent: 0, known: 0 };
    expect(known, `${who}: ${JSON.stringify(event)} comes too late`).toBeGreaterThanOrEqual(begun);
    begun = Math.max(begun, sent);
  }
}

function bySubject<Event extends { readonly subject: string }>(events: readonly Event[]): Map<string, Event[]> {
  const groups = new Map<string, Event[]>();
  for (const event of events) {
    const group = groups.get(event.subject) ?? [];
    groups.set(event.subject, group);
    group.push(event);
  }
  return groups;
}

const contentOfEvent = ({ type, sppporganization, data, sppptransid }: CloudEvent) => ({
  ...{ type, organization: sppporganization, data, request: sppptransid },
});

const contentOfModel = ({ type, organization, data, cause: { serverTransId } }: ModelEvent) => ({
  ...{ type, organization, data, request: serverTransId },
});
