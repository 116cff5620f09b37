import { refused } from './query.js';

/** The fields of a form that was sent. What is read as one field is refused where it was sent more than once. */
export class FormFields extends URLSearchParams {
  /** @throws HttpRefusedError 400 for a field that is there twice */
  override get(name: string): string | null {
    const [first = null, second] = this.getAll(name);
    if (second !== undefined) throw refused(name, second, 'given once');
    return first;
  }
}
