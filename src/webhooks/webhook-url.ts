import { isIP } from 'node:net';

/** Characters of a URL. */
const MAX_LENGTH = 2000;

export const URL_RULE = `an https URL without user, password, fragment and port 0, of at most ${MAX_LENGTH} characters`;

/** The URL of a webhook in its normal form; undefined if it breaks `URL_RULE`. */
export function readWebhookUrl(text: string): string | undefined {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const { protocol, username, password, port, hash } = url;
  const isPlain = protocol === 'https:' && username === '' && password === '' && port !== '0' && hash === '';
  return isPlain && url.href.length <= MAX_LENGTH ? url.href : undefined;
}

/** The address in a URL; undefined: it has a name. */
export function addressIn({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 ? undefined : bare;
}
