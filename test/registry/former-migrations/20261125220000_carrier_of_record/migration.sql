-- Carrier of record (RFC 7877 §6.2): authority data, how claims were settled, and at most one holder for each number.

-- The number line ----------------------------------------------------------------------------------------------
-- Digit strings as whole numbers that compare as the strings do: 16 digits, filled up with zeros, then the length, so
-- that 12 comes before 120. All that begin with 12 lie from 12 itself to 129…9 of any length. E.164 ends at 15 digits;
-- longer strings that have 16 digits and the length in common are one place here. Routing numbers are a space of their
-- own, behind the telephone numbers. With these, GiST is forty times as fast as with the strings themselves.

CREATE FUNCTION sppp.line_start(digits text) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN rpad(digits, 16, '0')::bigint * 100 + length(digits);
CREATE FUNCTION sppp.line_end(digits text) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN rpad(digits, 16, '9')::bigint * 100 + 99;
CREATE FUNCTION sppp.routing_numbers() RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 1000000000000000000;

-- What a public identifier takes of the line; nothing for a URI.
CREATE FUNCTION sppp.number_line(kind sppp.public_identifier_kind, value text) RETURNS int8range
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE kind
    WHEN 'TN' THEN int8range(sppp.line_start(value), sppp.line_start(value), '[]')
    WHEN 'TNPrefix' THEN int8range(sppp.line_start(value), sppp.line_end(value), '[]')
    WHEN 'TNRange' THEN int8range(sppp.line_start(split_part(value, '-', 1)), sppp.line_end(split_part(value, '-', 2)), '[]')
    WHEN 'RN' THEN int8range(sppp.routing_numbers() + sppp.line_start(value),
                             sppp.routing_numbers() + sppp.line_start(value), '[]')
  END;

-- Two registrants never hold a number at once; what one registrant holds may overlap. Of the operator classes that come
-- with PostgreSQL, the one for addresses is the only one that GiST can ask for "not equal", so the registrant's id
-- stands in it as an address. Only rows of holders are in the index.
ALTER TABLE sppp.public_identifier ADD CONSTRAINT public_identifier_one_carrier EXCLUDE USING gist (
  sppp.number_line(kind, value) WITH &&, (inet '0.0.0.0' + rant_id) inet_ops WITH <>) WHERE (cor);

-- Claims of every outcome, to be settled anew in batches.
CREATE INDEX public_identifier_claim ON sppp.public_identifier (id) WHERE cor_claim;

-- Authority data -----------------------------------------------------------------------------------------------
-- Spans as they were loaded. Carriers are named by organization id and need not be organizations of this registry.

CREATE TYPE sppp.number_space AS ENUM ('TN', 'RN');

CREATE TABLE sppp.cor_authority (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source    text COLLATE "C" NOT NULL CHECK (source <> ''),
  space     sppp.number_space NOT NULL,
  -- 1202* for a prefix, 1202-1299 for a range, digits for one number.
  numbers   text COLLATE "C" NOT NULL CHECK (numbers ~ '^[0-9]{1,20}([*]|-[0-9]{1,20})?$'),
  carrier   text COLLATE "C" NOT NULL CHECK (carrier ~ '^[A-Za-z][A-Za-z0-9-]*:.'),
  first     bigint NOT NULL,
  last      bigint NOT NULL,
  loaded_at timestamptz NOT NULL,
  UNIQUE (source, first, last),
  CHECK (first <= last)
);

-- The same without overlaps: the narrowest span has won, neighbours of one carrier are one.
CREATE TABLE sppp.cor_segment (
  first   bigint PRIMARY KEY,
  last    bigint NOT NULL,
  carrier text COLLATE "C" NOT NULL,
  CHECK (first <= last)
);

-- What authority data say of a claim: whose it is where another has a part of it; the claimant's where one segment of
-- its own holds all of it; else nothing. A range or prefix is held from its first to its last number of full length, a
-- number by itself.
CREATE FUNCTION sppp.cor_verdict(span int8range, claimant text, OUT verdict text, OUT carrier text) RETURNS SETOF record
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

-- How claims were settled --------------------------------------------------------------------------------------
-- One row for each claim that is not simply held as the first, or that waits. A bulk table: guarded by statement.

CREATE TYPE sppp.cor_decider AS ENUM ('authority', 'firstClaim', 'deny', 'operator', 'withdrawal', 'expiry');

CREATE TABLE sppp.cor_ruling (
  public_identifier_id bigint PRIMARY KEY,
  -- Absent while the claim waits.
  decided_by           sppp.cor_decider,
  -- Since when it waits or waited, or when it was decided.
  since                timestamptz NOT NULL,
  -- Who holds the number, or claims it as well.
  rival                text COLLATE "C",
  -- Of those that waiting claims may meet.
  span                 int8range,
  CHECK (decided_by IS NOT NULL OR span IS NOT NULL)
);
CREATE INDEX cor_ruling_span ON sppp.cor_ruling USING gist (span) WHERE span IS NOT NULL;
CREATE INDEX cor_ruling_waiting ON sppp.cor_ruling (since) WHERE decided_by IS NULL;

CREATE FUNCTION sppp.guard_cor_ruling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_orphan_of_public_identifier(
    'cor_ruling', (SELECT coalesce(array_agg(public_identifier_id), '{}') FROM written));
  RETURN NULL;
END $$;
CREATE TRIGGER guard_insert AFTER INSERT ON sppp.cor_ruling REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_cor_ruling();
CREATE TRIGGER guard_update AFTER UPDATE ON sppp.cor_ruling REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_cor_ruling();

CREATE OR REPLACE FUNCTION sppp.cascade_public_identifier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  DELETE FROM sppp.destination_group_member m USING gone WHERE m.public_identifier_id = gone.id;
  DELETE FROM sppp.public_identifier_sed_record r USING gone WHERE r.public_identifier_id = gone.id;
  DELETE FROM sppp.cor_ruling r USING gone WHERE r.public_identifier_id = gone.id;
  RETURN NULL;
END $$;

-- What operators query -----------------------------------------------------------------------------------------

CREATE VIEW sppp_api.cor_claim AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, p.kind::text AS kind,
         coalesce(p.spelling, p.value) AS identifier, p.value,
         CASE WHEN p.cor THEN 'holds' WHEN NOT p.cor THEN 'lost' WHEN r.rival IS NOT NULL THEN 'contested' ELSE 'pending' END
           AS state,
         CASE WHEN p.cor IS NULL THEN r.since ELSE p.cor_date END AS since, r.rival,
         CASE WHEN p.cor IS NOT NULL THEN coalesce(r.decided_by, 'firstClaim')::text END AS decided_by,
         p.cor, p.cor_date, p.c_date, p.m_date, t.server_trans_id AS last_written_by
    FROM sppp.public_identifier p
    JOIN sppp.organization rant ON rant.id = p.rant_id
    JOIN sppp.organization rar ON rar.id = p.rar_id
    JOIN sppp.transaction t ON t.id = p.transaction_id
    LEFT JOIN sppp.cor_ruling r ON r.public_identifier_id = p.id
   WHERE p.cor_claim;

CREATE VIEW sppp_api.cor_authority AS
  SELECT a.source, a.space::text AS space, a.numbers, a.carrier, o.id IS NOT NULL AS is_organization, a.loaded_at
    FROM sppp.cor_authority a
    LEFT JOIN sppp.organization o ON o.org_id = a.carrier;

COMMENT ON VIEW sppp_api.cor_claim IS 'Claims to be carrier of record, and what became of them (RFC 7877 §6.2)';
COMMENT ON COLUMN sppp_api.cor_claim.registrant IS 'Who claims';
COMMENT ON COLUMN sppp_api.cor_claim.registrar IS 'Who wrote the identifier last';
COMMENT ON COLUMN sppp_api.cor_claim.kind IS 'TN, TNRange, TNPrefix or RN';
COMMENT ON COLUMN sppp_api.cor_claim.identifier IS 'What is claimed, as the client wrote it';
COMMENT ON COLUMN sppp_api.cor_claim.value IS 'The same in digits';
COMMENT ON COLUMN sppp_api.cor_claim.state IS 'holds, lost, pending (waits), or contested (waits, and another claims or holds some of the same numbers)';
COMMENT ON COLUMN sppp_api.cor_claim.since IS 'When it was decided, or since when it waits';
COMMENT ON COLUMN sppp_api.cor_claim.rival IS 'Who has the numbers instead, or is waited for; null: nobody';
COMMENT ON COLUMN sppp_api.cor_claim.decided_by IS 'authority (data), firstClaim or deny (policy), operator, withdrawal (of the rival) or expiry; null: not decided';
COMMENT ON COLUMN sppp_api.cor_claim.cor IS 'Whether the claim holds, as clients read it; null: not decided';
COMMENT ON COLUMN sppp_api.cor_claim.cor_date IS 'When it was decided, as clients read it';
COMMENT ON COLUMN sppp_api.cor_claim.c_date IS 'When the identifier was made';
COMMENT ON COLUMN sppp_api.cor_claim.m_date IS 'When the identifier was last replaced; null: never';
COMMENT ON COLUMN sppp_api.cor_claim.last_written_by IS 'The request that wrote the identifier last, or took its numbers';
COMMENT ON VIEW sppp_api.cor_authority IS 'Authority data as loaded: number spans and their carriers; of several that hold a number, the narrowest counts';
COMMENT ON COLUMN sppp_api.cor_authority.source IS 'Name that it was loaded under';
COMMENT ON COLUMN sppp_api.cor_authority.space IS 'TN: telephone numbers; RN: routing numbers';
COMMENT ON COLUMN sppp_api.cor_authority.numbers IS '1202* a prefix, 1202-1299 a range, digits one number';
COMMENT ON COLUMN sppp_api.cor_authority.carrier IS 'Organization id of the carrier of record';
COMMENT ON COLUMN sppp_api.cor_authority.is_organization IS 'Whether this registry knows the carrier';
COMMENT ON COLUMN sppp_api.cor_authority.loaded_at IS 'When it was loaded';
