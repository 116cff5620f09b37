import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import { HttpRefusedError } from '../http/http-refused.js';
import { FormFields } from './form-fields.js';

/** Fields of a form with a file, bytes of each, and characters of the name of a file. */
const MAX_FIELDS = 20;
const MAX_FIELD_BYTES = 2048;
const MAX_NAME_LENGTH = 200;

/** A form with a file (RFC 7578): the fields before the file, and the file while it comes. */
export class SentForm {
  constructor(
    readonly fields: FormFields,
    /** Undefined: no file was chosen. */
    readonly file: SentFile | undefined,
  ) {}
}

export interface SentFile {
  readonly name: string;
  /** Its bytes, at the pace of their reader. They end in a refusal if the client goes away, or sends what is no such form. */
  readonly bytes: AsyncIterable<Buffer>;
}

/**
 * Reads a form up to its file, which has to be its last part.
 *
 * @throws HttpRefusedError 400 for what is no such form
 */
export function readSentForm(request: IncomingMessage): Promise<SentForm> {
  return new Promise((resolve, reject) => {
    const fields = new FormFields();
    let file: Readable | undefined;
    const parser = parserOf(request);
    if (parser === undefined) {
      reject(noForm('This is no form with a file'));
      return;
    }
    parser.on('field', (name, value) => fields.append(name, value));
    parser.on('file', (_field, bytes, name) => {
      file = bytes;
      // What ends it early is told to its reader, who may come later.
      bytes.on('error', () => undefined);
      resolve(new SentForm(fields, name ? { name: name.slice(0, MAX_NAME_LENGTH), bytes: whole(bytes) } : undefined));
      if (!name) bytes.resume();
    });
    parser.on('finish', () => resolve(new SentForm(fields, undefined)));
    pipeline(request, parser, (error) => {
      if (error == null) return;
      file?.destroy(error);
      reject(noForm('This is no form with a file'));
    });
  });
}

/** The bytes of a file, if its end comes. */
async function* whole(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch {
    throw noForm('The form ends before its file does');
  }
}

function noForm(fault: string): HttpRefusedError {
  return new HttpRefusedError(400, `${fault}; open the page and try again.`, { connection: 'close' });
}

/** Undefined: the headers are not those of such a form. */
function parserOf({ headers }: IncomingMessage) {
  try {
    const limits = { fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, files: 1 };
    return new Busboy({ headers: headers as BusboyHeaders, limits });
  } catch {
    return undefined;
  }
}
