import type { Pool } from 'pg';
import { daysBefore } from '../../values/days.js';

/** The certificate that a node shows. */
export interface NodeCertificate {
  /** SHA-256, in lower-case hex. */
  readonly fingerprint: string;
  readonly notAfter: Date;
}

/**
 * What ends within 30 days, and how many of 30, 7 and 1 days are left. A notice that is on record was given, by whatever node;
 * a new end is a new notice. A suspended organization is told when it can read it.
 */
const NOTICES = `WITH ending AS (
     SELECT 'sppp.credential.expires.v1' AS type, o.id AS organization_id, 'credential:' AS subject_begin, c.username AS key,
            c.valid_until AS ends_at,
            jsonb_build_object('registrar', o.org_id, 'username', c.username, 'validUntil', c.valid_until) AS data
       FROM sppp.credential c JOIN sppp.organization o ON o.id = c.registrar_id
      WHERE c.revoked_at IS NULL AND o.suspended_at IS NULL AND c.valid_until > $1
     UNION ALL
     SELECT 'sppp.certificate.expires.v1', o.id, 'certificate:', x.fingerprint, x.not_after,
            jsonb_build_object('registrar', o.org_id, 'username', c.username, 'fingerprint', x.fingerprint,
                               'notAfter', x.not_after)
       FROM sppp.client_certificate x JOIN sppp.credential c ON c.id = x.credential_id
       JOIN sppp.organization o ON o.id = c.registrar_id
      WHERE c.revoked_at IS NULL AND o.suspended_at IS NULL AND x.fingerprint IS NOT NULL AND x.not_after > $1
     UNION ALL
     SELECT 'sppp.server.certificateExpires.v1', NULL, 'certificate:', $2::text, $3::timestamptz,
            jsonb_build_object('fingerprint', $2::text, 'notAfter', $3::timestamptz)
      WHERE $3::timestamptz > $1),
   due AS (
     SELECT e.*, n.days
       FROM ending e CROSS JOIN LATERAL (
            SELECT min(days) AS days FROM unnest(ARRAY[1, 7, 30]) days
             WHERE e.ends_at <= $1::timestamptz + make_interval(days => days)) n
      WHERE n.days IS NOT NULL),
   given AS (
     INSERT INTO sppp.expiry_notice (type, subject, ends_at, days)
     SELECT type, subject_begin || key, ends_at, days FROM due
     ON CONFLICT DO NOTHING RETURNING *)
   INSERT INTO sppp.event_outbox (type, organization_id, subject_begin, keys, data)
   SELECT due.type, organization_id, subject_begin, ARRAY[key], data || jsonb_build_object('days', days)
     FROM due JOIN given USING (type, ends_at, days) WHERE given.subject = subject_begin || key`;

/**
 * Tells of credentials and certificates that end within 30, 7 or 1 days, once each.
 *
 * @param certificate that of this node; undefined: it has none
 * @returns how many notices it has given
 */
export async function giveExpiryNotices(
  pool: Pool,
  now: Date,
  certificate: NodeCertificate | undefined,
): Promise<number> {
  const { rowCount } = await pool.query(NOTICES, [now, certificate?.fingerprint, certificate?.notAfter]);
  await pool.query('DELETE FROM sppp.expiry_notice WHERE ends_at < $1', [daysBefore(now, 1)]);
  return rowCount ?? 0;
}
