import { type CountryCode, isSupportedCountry, ParseError, parsePhoneNumberWithError } from 'libphonenumber-js/min';
import type { Refusal } from '../values/refusal.js';
import { spreadsheetHint } from './spreadsheet-hint.js';

const rules: Readonly<Record<string, string>> = {
  NOT_A_NUMBER: 'not a telephone number',
  INVALID_COUNTRY: 'a number without + needs --country',
  TOO_SHORT: 'too few digits',
  TOO_LONG: 'too many digits',
};

/** Whether libphonenumber knows a country by this code of two letters. */
export function isCountry(code: string): code is CountryCode {
  return isSupportedCountry(code);
}

/**
 * A telephone number as people write it, in the form of E.164, by the rules of libphonenumber: separators, national and
 * international prefixes of the country, `tel:` URIs (RFC 3966). A Refusal for any other text, and for a number with an
 * extension.
 */
export function normalized(text: string, country: CountryCode | undefined): string | Refusal {
  const number = /^tel:\+[^;]*$/i.test(text) ? text.slice('tel:'.length) : text;
  try {
    const read = parsePhoneNumberWithError(number, {
      extract: false,
      ...(country === undefined ? {} : { defaultCountry: country }),
    });
    if (read.ext !== undefined) return { error: 'a number with an extension is no number of a registry' };
    return read.isPossible() ? read.number : { error: `${read.number} has not as many digits as numbers there` };
  } catch (error) {
    if (error instanceof ParseError) return { error: rules[error.message] ?? error.message };
    throw error;
  }
}

/** What to do about a number that is refused, if it looks like one from a spreadsheet or from people. */
export function numberHint(text: string): string {
  const hint = spreadsheetHint(text);
  if (hint !== '') return hint;
  const isLikeOne = /^(?:tel:)?[-+0-9()[\]./\s]{3,40}$/i.test(text) && /[0-9]/.test(text) && /[^+0-9]/.test(text);
  return isLikeOne ? '; --normalize reads numbers as people write them' : '';
}
