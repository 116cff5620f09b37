import { checkPassword } from '../../values/password.js';
import type { AccountFault } from './account-page.js';
import { overlapEnd, overlapWords } from './overlaps.js';

/** A new password as its user wants it. */
export interface NewPassword {
  /** In Unicode's composed form (NFC), as logins compare it. */
  readonly password: string;
  readonly formerValidUntil: Date;
}

/** Reads the form that changes the password of a user name. */
export function readNewPassword(username: string, form: URLSearchParams, at: Date): NewPassword | AccountFault {
  const password = (form.get('password') ?? '').normalize('NFC');
  const formerValidUntil = overlapEnd(form.get('overlap') ?? '', at);
  if (formerValidUntil === undefined) return faultOf(`End of the present password: one of ${overlapWords.join(', ')}.`);
  const refusal = checkPassword(username, password);
  if (refusal !== undefined) return faultOf(`New password: ${refusal.error}.`);
  if (password !== (form.get('again') ?? '').normalize('NFC')) {
    return faultOf('New password, once more: the same as the new password.');
  }
  return { password, formerValidUntil };
}

/** Whether something was refused. */
export function isFault(read: object): read is AccountFault {
  return 'fault' in read;
}

function faultOf(fault: string): AccountFault {
  return { status: 400, fault };
}
