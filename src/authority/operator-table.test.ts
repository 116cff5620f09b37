import { describe, expect, it } from 'vitest';
import { operatorRoles } from '../model/operator-role.js';
import { isOperated, mayOperate, operatorNouns, operatorVerbs } from './operator-table.js';

describe('the table of operators', () => {
  it('lets viewers change nothing and see everything except other operators', () => {
    for (const noun of operatorNouns) {
      expect(mayOperate('viewer', 'change', noun), noun).toBe(false);
      expect(mayOperate('viewer', 'view', noun), noun).toBe(noun !== 'Operator');
    }
  });

  it('lets operators decide claims and administer organizations, credentials, grants and agreements, but neither operators nor their webhooks', () => {
    const changed = operatorNouns.filter((noun) => mayOperate('operator', 'change', noun));
    expect(changed).toEqual(['Claim', 'Organization', 'Credential', 'Grant', 'Agreement']);
  });

  it('lets administrators do everything that any role may', () => {
    for (const verb of operatorVerbs) {
      for (const noun of operatorNouns)
        expect(mayOperate('administrator', verb, noun), noun).toBe(isOperated(verb, noun));
    }
  });

  it('lets each role do all that the role before it may', () => {
    for (const [index, role] of operatorRoles.entries()) {
      const before = operatorRoles[index - 1];
      if (before === undefined) continue;
      for (const verb of operatorVerbs) {
        for (const noun of operatorNouns) {
          if (mayOperate(before, verb, noun))
            expect(mayOperate(role, verb, noun), `${role} ${verb} ${noun}`).toBe(true);
        }
      }
    }
  });

  it('lets no role change the status of a node, the journal or events', () => {
    expect(operatorNouns.filter((noun) => !isOperated('change', noun))).toEqual(['Status', 'Journal', 'Event']);
  });
});
