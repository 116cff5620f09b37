import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendDocument } from '../http/send.js';
import { FormFields } from './form-fields.js';
import { type SentFile, SentForm } from './sent-form.js';
import type { Visitor } from './visitor.js';

const HTML = 'text/html; charset=utf-8';

/** Sends a page. */
export function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  text: string,
  status = 200,
): Promise<FastifyReply> {
  return sendDocument(request, reply, { status, mediaType: HTML, text });
}

/** The visitor of a page that needs one. */
export function visitorOf({ visitor }: FastifyRequest): Visitor {
  if (visitor === undefined) throw new Error('a page without a visitor');
  return visitor;
}

/** The fields of a form that was sent. */
export function formOf({ body }: FastifyRequest): FormFields {
  if (body instanceof SentForm) return body.fields;
  return body instanceof FormFields ? body : new FormFields();
}

/** The file of a form that was sent; undefined if none was chosen. */
export function fileOf({ body }: FastifyRequest): SentFile | undefined {
  return body instanceof SentForm ? body.file : undefined;
}
