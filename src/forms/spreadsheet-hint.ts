/** What to do about a number in the exponent form that spreadsheets write, which loses digits. */
export function spreadsheetHint(number: string): string {
  return /^[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+$/i.test(number) ? '; make the column one of text in the spreadsheet' : '';
}
