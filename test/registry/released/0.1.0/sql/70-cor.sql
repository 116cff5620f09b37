-- What authority data say about a claim (RFC 7877 §6.2): refuted if another carrier has a part of it, and whose it is;
-- confirmed if one segment of the claimant's own holds all of it; else silent. A range or prefix is held from its first to
-- its last number of full length, a number by itself.
CREATE OR REPLACE FUNCTION sppp.cor_verdict(span int8range, claimant text, OUT verdict text, OUT carrier text) RETURNS SETOF record
  LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
  SELECT CASE WHEN other.carrier IS NOT NULL THEN 'refuted' WHEN own.carrier IS NOT NULL THEN 'confirmed' ELSE 'silent' END,
         coalesce(other.carrier, own.carrier)
    FROM (VALUES (true)) AS one(row)
    LEFT JOIN LATERAL (
      (SELECT s.carrier FROM (SELECT * FROM sppp.cor_segment WHERE first <= lower(span) ORDER BY first DESC LIMIT 1) s
        WHERE s.last >= lower(span) AND s.carrier <> claimant)
      UNION ALL
      (SELECT s.carrier FROM sppp.cor_segment s
        WHERE s.first > lower(span) AND s.first < upper(span) AND s.carrier <> claimant ORDER BY s.first LIMIT 1)
      LIMIT 1) other ON true
    LEFT JOIN LATERAL (
      SELECT s.carrier
        FROM (SELECT * FROM sppp.cor_segment
               WHERE first <= CASE WHEN upper(span) = lower(span) + 1 THEN lower(span) ELSE lower(span) / 100 * 100 + 99 END
               ORDER BY first DESC LIMIT 1) s
       WHERE s.carrier = claimant
         AND CASE WHEN upper(span) = lower(span) + 1 THEN s.last >= lower(span) ELSE s.last / 100 >= upper(span) / 100 - 1 END
      ) own ON true
$$;
