import { describe, expect, it } from 'vitest';
import { operatorRoles } from '../model/operator-role.js';
import { isOperated, mayOperate, operatorNouns, operatorVerbs } from './operator-table.js';

describe('what operators may do', () => {
  it('viewers change nothing and see everything except other operators', () => {
    for (const noun of operatorNouns) {
      expect(mayOperate('viewer', 'change', noun), noun).toBe(false);
      expect(mayOperate('viewer', 'view', noun), noun).toBe(noun !== 'Operator');
    }
  });

  it('operators administer organizations, credentials and grants, and not operators', () => {
    const changed = operatorNouns.filter((noun) => mayOperate('operator', 'change', noun));
    expect(changed).toEqual(['Organization', 'Credential', 'Grant']);
  });

  it('administrators may do all that anybody may', () => {
    for (const verb of operatorVerbs) {
      for (const noun of operatorNouns)
        expect(mayOperate('administrator', verb, noun), noun).toBe(isOperated(verb, noun));
    }
  });

  it('each role may do what the role before it may', () => {
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

  it('nobody changes the status of a node or the journal', () => {
    expect(operatorNouns.filter((noun) => !isOperated('change', noun))).toEqual(['Status', 'Journal']);
  });
});
