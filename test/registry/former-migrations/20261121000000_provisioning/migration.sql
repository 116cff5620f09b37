-- The registry's tables (schema sppp) and the views that operators may rely on (schema sppp_api).
-- Nouns are those of RFC 7877. Names and numbers compare in the "C" collation: names by their case-folded
-- name_key (RFC 7877 §5.2), numbers by their digits.

CREATE SCHEMA sppp;
CREATE SCHEMA sppp_api;

-- Who is there ------------------------------------------------------------------------------------------------

CREATE TABLE sppp.organization (
  id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id     text COLLATE "C" NOT NULL UNIQUE CHECK (org_id ~ '^[A-Za-z][A-Za-z0-9-]*:.'),
  name       text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sppp.credential (
  id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  registrar_id integer NOT NULL REFERENCES sppp.organization (id),
  username     text COLLATE "C" NOT NULL UNIQUE CHECK (username <> ''),
  label        text NOT NULL DEFAULT '',
  ha1_md5      text COLLATE "C" NOT NULL CHECK (ha1_md5 ~ '^[0-9a-f]{32}$'),
  ha1_sha256   text COLLATE "C" NOT NULL CHECK (ha1_sha256 ~ '^[0-9a-f]{64}$'),
  valid_from   timestamptz NOT NULL DEFAULT now(),
  valid_until  timestamptz,
  revoked_at   timestamptz,
  created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sppp.registrar_grant (
  registrar_id  integer NOT NULL REFERENCES sppp.organization (id),
  registrant_id integer NOT NULL REFERENCES sppp.organization (id),
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (registrar_id, registrant_id)
);

-- Keys that every node of the server shares, such as the one that digest nonces are made with.
CREATE TABLE sppp.server_key (
  name  text COLLATE "C" PRIMARY KEY,
  value bytea NOT NULL
);

-- What was asked ----------------------------------------------------------------------------------------------

CREATE TABLE sppp.transaction (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  server_trans_id uuid NOT NULL UNIQUE,
  client_trans_id text,
  registrar_id    integer REFERENCES sppp.organization (id),
  credential_id   integer REFERENCES sppp.credential (id),
  operation       text COLLATE "C" NOT NULL,
  mode            text COLLATE "C" NOT NULL CHECK (mode IN ('atomic', 'partial', 'validate')),
  received_at     timestamptz NOT NULL,
  answered_at     timestamptz,
  code            smallint CHECK (code BETWEEN 1000 AND 2999),
  message         text,
  objects         integer NOT NULL DEFAULT 0 CHECK (objects >= 0),
  failed          integer NOT NULL DEFAULT 0 CHECK (failed >= 0),
  remote_address  inet,
  user_agent      text
);
CREATE INDEX transaction_received_at ON sppp.transaction (received_at);
CREATE INDEX transaction_client_trans_id ON sppp.transaction (client_trans_id) WHERE client_trans_id IS NOT NULL;

-- Objects -----------------------------------------------------------------------------------------------------

CREATE TABLE sppp.destination_group (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL REFERENCES sppp.transaction (id),
  c_date         timestamptz NOT NULL,
  m_date         timestamptz,
  rant_id        integer NOT NULL REFERENCES sppp.organization (id),
  rar_id         integer NOT NULL REFERENCES sppp.organization (id),
  name           text NOT NULL,
  name_key       text COLLATE "C" NOT NULL,
  ext            text,
  UNIQUE (rant_id, name_key)
);

CREATE TYPE sppp.sed_record_kind AS ENUM ('NAPTR', 'NS', 'URI');
CREATE TYPE sppp.sed_function AS ENUM ('routing', 'lookup');

CREATE TABLE sppp.sed_record (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL REFERENCES sppp.transaction (id),
  c_date         timestamptz NOT NULL,
  m_date         timestamptz,
  rant_id        integer NOT NULL REFERENCES sppp.organization (id),
  rar_id         integer NOT NULL REFERENCES sppp.organization (id),
  name           text NOT NULL,
  name_key       text COLLATE "C" NOT NULL,
  kind           sppp.sed_record_kind NOT NULL,
  sed_function   sppp.sed_function,
  is_in_svc      boolean NOT NULL,
  ttl            integer CHECK (ttl > 0),
  naptr_order    integer CHECK (naptr_order BETWEEN 0 AND 65535),
  flags          text,
  svcs           text,
  ere            text,
  regx_repl      text,
  repl           text,
  host_name      text,
  uri            text,
  ext            text,
  own_ext        text,
  UNIQUE (rant_id, name_key),
  CHECK (kind <> 'NAPTR' OR (naptr_order IS NOT NULL AND svcs IS NOT NULL AND (ere IS NULL) = (regx_repl IS NULL)
                             AND (ere IS NULL) <> (repl IS NULL))),
  CHECK (kind <> 'NS' OR host_name IS NOT NULL),
  CHECK (kind <> 'URI' OR (ere IS NOT NULL AND uri IS NOT NULL))
);

CREATE TABLE sppp.sed_record_ip_addr (
  sed_record_id bigint NOT NULL REFERENCES sppp.sed_record (id) ON DELETE CASCADE,
  position      integer NOT NULL,
  version       text COLLATE "C" NOT NULL CHECK (version IN ('v4', 'v6')),
  addr          text COLLATE "C" NOT NULL,
  ext           text,
  PRIMARY KEY (sed_record_id, position)
);

CREATE TABLE sppp.sed_group (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL REFERENCES sppp.transaction (id),
  c_date         timestamptz NOT NULL,
  m_date         timestamptz,
  rant_id        integer NOT NULL REFERENCES sppp.organization (id),
  rar_id         integer NOT NULL REFERENCES sppp.organization (id),
  name           text NOT NULL,
  name_key       text COLLATE "C" NOT NULL,
  is_in_svc      boolean NOT NULL,
  priority       integer NOT NULL CHECK (priority BETWEEN 0 AND 65535),
  ext            text,
  own_ext        text,
  UNIQUE (rant_id, name_key)
);

-- Positions keep the order in which a client listed its references.

CREATE TABLE sppp.sed_group_sed_record (
  sed_group_id  bigint NOT NULL REFERENCES sppp.sed_group (id) ON DELETE CASCADE,
  sed_record_id bigint NOT NULL REFERENCES sppp.sed_record (id) ON DELETE CASCADE,
  position      integer NOT NULL,
  priority      integer NOT NULL CHECK (priority BETWEEN 0 AND 65535),
  ext           text,
  PRIMARY KEY (sed_group_id, sed_record_id)
);
CREATE INDEX sed_group_sed_record_by_record ON sppp.sed_group_sed_record (sed_record_id);

CREATE TABLE sppp.sed_group_dest_grp (
  sed_group_id         bigint NOT NULL REFERENCES sppp.sed_group (id) ON DELETE CASCADE,
  destination_group_id bigint NOT NULL REFERENCES sppp.destination_group (id) ON DELETE CASCADE,
  position             integer NOT NULL,
  PRIMARY KEY (sed_group_id, destination_group_id)
);
CREATE INDEX sed_group_dest_grp_by_group ON sppp.sed_group_dest_grp (destination_group_id);

CREATE TABLE sppp.sed_group_source_ident (
  sed_group_id bigint NOT NULL REFERENCES sppp.sed_group (id) ON DELETE CASCADE,
  position     integer NOT NULL,
  scheme       text COLLATE "C" NOT NULL CHECK (scheme IN ('uri', 'ip', 'rootDomain')),
  regex        text NOT NULL,
  ext          text,
  PRIMARY KEY (sed_group_id, position)
);

-- An SED group offered to an organization. The group's peers are those who accepted (RFC 7877 §6.3, §6.5).
CREATE TYPE sppp.offer_status AS ENUM ('offered', 'accepted');

CREATE TABLE sppp.sed_group_offer (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id   bigint NOT NULL REFERENCES sppp.transaction (id),
  c_date           timestamptz NOT NULL,
  m_date           timestamptz,
  sed_group_id     bigint NOT NULL REFERENCES sppp.sed_group (id) ON DELETE CASCADE,
  offered_to_id    integer NOT NULL REFERENCES sppp.organization (id),
  rar_id           integer NOT NULL REFERENCES sppp.organization (id),
  status           sppp.offer_status NOT NULL,
  offer_date_time  timestamptz NOT NULL,
  accept_date_time timestamptz,
  ext              text,
  own_ext          text,
  UNIQUE (sed_group_id, offered_to_id),
  CHECK ((status = 'accepted') = (accept_date_time IS NOT NULL))
);
CREATE INDEX sed_group_offer_by_recipient ON sppp.sed_group_offer (offered_to_id, status);

CREATE TABLE sppp.egress_route (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL REFERENCES sppp.transaction (id),
  c_date         timestamptz NOT NULL,
  m_date         timestamptz,
  rant_id        integer NOT NULL REFERENCES sppp.organization (id),
  rar_id         integer NOT NULL REFERENCES sppp.organization (id),
  name           text NOT NULL,
  name_key       text COLLATE "C" NOT NULL,
  pref           integer NOT NULL CHECK (pref BETWEEN 0 AND 65535),
  ere            text NOT NULL,
  repl           text NOT NULL,
  svcs           text,
  ext            text,
  own_ext        text,
  UNIQUE (rant_id, name_key)
);

CREATE TABLE sppp.egress_route_sed_group (
  egress_route_id bigint NOT NULL REFERENCES sppp.egress_route (id) ON DELETE CASCADE,
  sed_group_id    bigint NOT NULL REFERENCES sppp.sed_group (id) ON DELETE CASCADE,
  position        integer NOT NULL,
  PRIMARY KEY (egress_route_id, sed_group_id)
);
CREATE INDEX egress_route_sed_group_by_group ON sppp.egress_route_sed_group (sed_group_id);

-- Numbers: the bulk tables. Row-level foreign keys would cost four times the load itself; statement-level guards
-- further down keep the same promise.

-- A span of numbers is an interval of digit strings: prefix 1202 is ['1202','1202:'), because ':' follows '9'.
-- The difference of two digit strings as fractions 0.d1d2d3… lets GiST keep neighbours together.
CREATE FUNCTION sppp.digit_difference(a text, b text) RETURNS float8
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN ('0.' || replace(a, ':', '9') || '0')::float8 - ('0.' || replace(b, ':', '9') || '0')::float8;
CREATE TYPE sppp.digit_range AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_DIFF = sppp.digit_difference);

CREATE TYPE sppp.public_identifier_kind AS ENUM ('TN', 'TNRange', 'TNPrefix', 'RN', 'URI');

CREATE TABLE sppp.public_identifier (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL,
  c_date         timestamptz NOT NULL,
  m_date         timestamptz,
  cor_date       timestamptz,
  rant_id        integer NOT NULL,
  rar_id         integer NOT NULL,
  kind           sppp.public_identifier_kind NOT NULL,
  cor_claim      boolean,
  cor            boolean,
  -- What identifies it: the digits, `start-end`, or the URI.
  value          text COLLATE "C" NOT NULL,
  -- How the client wrote it, where that differs from value.
  spelling       text COLLATE "C",
  span           sppp.digit_range,
  ext            text,
  own_ext        text,
  UNIQUE (value, kind, rant_id),
  CHECK ((span IS NOT NULL) = (kind IN ('TNRange', 'TNPrefix'))),
  CHECK (cor IS NULL OR cor_claim IS TRUE),
  CHECK ((cor IS NULL) = (cor_date IS NULL)),
  CHECK (kind <> 'URI' OR cor_claim IS NULL)
);
-- Which ranges and prefixes hold this number.
CREATE INDEX public_identifier_span ON sppp.public_identifier USING gist (span) WHERE span IS NOT NULL;
-- Who is carrier of record for this number.
CREATE INDEX public_identifier_cor ON sppp.public_identifier (value) WHERE cor;

CREATE TABLE sppp.destination_group_member (
  public_identifier_id bigint NOT NULL,
  destination_group_id bigint NOT NULL,
  position             integer NOT NULL,
  PRIMARY KEY (public_identifier_id, destination_group_id)
);
CREATE INDEX destination_group_member_by_group ON sppp.destination_group_member (destination_group_id);

CREATE TABLE sppp.public_identifier_sed_record (
  public_identifier_id bigint NOT NULL,
  sed_record_id        bigint NOT NULL,
  position             integer NOT NULL,
  priority             integer NOT NULL CHECK (priority BETWEEN 0 AND 65535),
  ext                  text,
  PRIMARY KEY (public_identifier_id, sed_record_id)
);
CREATE INDEX public_identifier_sed_record_by_record ON sppp.public_identifier_sed_record (sed_record_id);

-- Guards ------------------------------------------------------------------------------------------------------
-- As a foreign key would: each distinct parent must be there and is held (FOR KEY SHARE) until the end of the
-- transaction. Numbers written by this very transaction are ours already and need no lock.

CREATE FUNCTION sppp.refuse_orphans(child text, missing bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF missing > 0 THEN
    RAISE foreign_key_violation USING MESSAGE = format('%s: %s parent row(s) missing', child, missing);
  END IF;
END $$;

CREATE FUNCTION sppp.guard_public_identifier() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  WITH wanted AS (SELECT DISTINCT unnest(ARRAY[rant_id, rar_id]) AS id FROM written),
       held AS (SELECT id FROM sppp.organization WHERE id IN (SELECT id FROM wanted) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM held) INTO missing;
  PERFORM sppp.refuse_orphans('public_identifier to organization', missing);
  WITH wanted AS (SELECT DISTINCT transaction_id AS id FROM written),
       held AS (SELECT id FROM sppp.transaction WHERE id IN (SELECT id FROM wanted) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM held) INTO missing;
  PERFORM sppp.refuse_orphans('public_identifier to transaction', missing);
  RETURN NULL;
END $$;
CREATE TRIGGER guard_insert AFTER INSERT ON sppp.public_identifier REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_public_identifier();
CREATE TRIGGER guard_update AFTER UPDATE ON sppp.public_identifier REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_public_identifier();

-- A row is ours if its journal row is: nobody else can see that one, let alone name it.
CREATE FUNCTION sppp.refuse_orphan_of_public_identifier(child text, ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  WITH found AS (SELECT p.id, t.id IS NOT NULL AS ours
                   FROM sppp.public_identifier p
                   LEFT JOIN sppp.transaction t ON t.id = p.transaction_id AND t.xmin = pg_current_xact_id()::xid
                  WHERE p.id = ANY (ids)),
       held AS (SELECT id FROM sppp.public_identifier
                 WHERE id IN (SELECT id FROM found WHERE NOT ours) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(DISTINCT u) FROM unnest(ids) u)
       - (SELECT count(*) FROM found WHERE ours) - (SELECT count(*) FROM held) INTO missing;
  PERFORM sppp.refuse_orphans(child || ' to public_identifier', missing);
END $$;

CREATE FUNCTION sppp.guard_destination_group_member() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  WITH wanted AS (SELECT DISTINCT destination_group_id AS id FROM written),
       held AS (SELECT id FROM sppp.destination_group WHERE id IN (SELECT id FROM wanted) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM held) INTO missing;
  PERFORM sppp.refuse_orphans('destination_group_member to destination_group', missing);
  PERFORM sppp.refuse_orphan_of_public_identifier(
    'destination_group_member', (SELECT coalesce(array_agg(public_identifier_id), '{}') FROM written));
  RETURN NULL;
END $$;
CREATE TRIGGER guard_insert AFTER INSERT ON sppp.destination_group_member REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_destination_group_member();
CREATE TRIGGER guard_update AFTER UPDATE ON sppp.destination_group_member REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_destination_group_member();

CREATE FUNCTION sppp.guard_public_identifier_sed_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  WITH wanted AS (SELECT DISTINCT sed_record_id AS id FROM written),
       held AS (SELECT id FROM sppp.sed_record WHERE id IN (SELECT id FROM wanted) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM held) INTO missing;
  PERFORM sppp.refuse_orphans('public_identifier_sed_record to sed_record', missing);
  PERFORM sppp.refuse_orphan_of_public_identifier(
    'public_identifier_sed_record', (SELECT coalesce(array_agg(public_identifier_id), '{}') FROM written));
  RETURN NULL;
END $$;
CREATE TRIGGER guard_insert AFTER INSERT ON sppp.public_identifier_sed_record REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_public_identifier_sed_record();
CREATE TRIGGER guard_update AFTER UPDATE ON sppp.public_identifier_sed_record REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_public_identifier_sed_record();

-- A deletion looks for what names its rows. With a snapshot older than the deletion it would not see what others have
-- committed since, so it is left to READ COMMITTED, where each trigger sees all of that.
CREATE FUNCTION sppp.refuse_old_snapshot() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    RAISE feature_not_supported USING MESSAGE = 'rows that others name are deleted in READ COMMITTED only';
  END IF;
END $$;

-- The parents' side: references go with what they refer to (RFC 7877 §7.2); organizations and transactions stay
-- while numbers name them.

CREATE FUNCTION sppp.cascade_public_identifier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  DELETE FROM sppp.destination_group_member m USING gone WHERE m.public_identifier_id = gone.id;
  DELETE FROM sppp.public_identifier_sed_record r USING gone WHERE r.public_identifier_id = gone.id;
  RETURN NULL;
END $$;
CREATE TRIGGER cascade_delete AFTER DELETE ON sppp.public_identifier REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.cascade_public_identifier();

CREATE FUNCTION sppp.cascade_destination_group() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  DELETE FROM sppp.destination_group_member m USING gone WHERE m.destination_group_id = gone.id;
  RETURN NULL;
END $$;
CREATE TRIGGER cascade_delete AFTER DELETE ON sppp.destination_group REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.cascade_destination_group();

CREATE FUNCTION sppp.cascade_sed_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  DELETE FROM sppp.public_identifier_sed_record r USING gone WHERE r.sed_record_id = gone.id;
  RETURN NULL;
END $$;
CREATE TRIGGER cascade_delete AFTER DELETE ON sppp.sed_record REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.cascade_sed_record();

CREATE FUNCTION sppp.keep_parent_of_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  IF TG_TABLE_NAME = 'organization'
     AND EXISTS (SELECT FROM sppp.public_identifier p JOIN gone ON gone.id IN (p.rant_id, p.rar_id))
     OR TG_TABLE_NAME = 'transaction'
     AND EXISTS (SELECT FROM sppp.public_identifier p JOIN gone ON gone.id = p.transaction_id) THEN
    RAISE foreign_key_violation USING MESSAGE = format('%s: still named by public_identifier', TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER keep AFTER DELETE ON sppp.organization REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.keep_parent_of_numbers();
CREATE TRIGGER keep AFTER DELETE ON sppp.transaction REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.keep_parent_of_numbers();

-- A truncated parent would leave orphans without any row-level event.
CREATE FUNCTION sppp.refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE foreign_key_violation USING MESSAGE = format('%s: use DELETE, references must go too', TG_TABLE_NAME);
END $$;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON sppp.public_identifier EXECUTE FUNCTION sppp.refuse_truncate();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON sppp.destination_group EXECUTE FUNCTION sppp.refuse_truncate();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON sppp.sed_record EXECUTE FUNCTION sppp.refuse_truncate();

-- Servers remember who may do what, and are told when it changes.
CREATE FUNCTION sppp.tell_authority_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('sppp_authority', TG_TABLE_NAME);
  RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON sppp.credential
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_authority_changed();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON sppp.registrar_grant
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_authority_changed();
CREATE TRIGGER tell AFTER UPDATE OR DELETE ON sppp.organization
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_authority_changed();

-- An id that changed would leave behind what names it: GENERATED ALWAYS lets DEFAULT through.
CREATE FUNCTION sppp.refuse_new_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE foreign_key_violation USING MESSAGE = format('%s: an id never changes', TG_TABLE_NAME);
END $$;
CREATE TRIGGER keep_id BEFORE UPDATE OF id ON sppp.public_identifier
  EXECUTE FUNCTION sppp.refuse_new_id();
CREATE TRIGGER keep_id BEFORE UPDATE OF id ON sppp.destination_group
  EXECUTE FUNCTION sppp.refuse_new_id();
CREATE TRIGGER keep_id BEFORE UPDATE OF id ON sppp.sed_record
  EXECUTE FUNCTION sppp.refuse_new_id();
CREATE TRIGGER keep_id BEFORE UPDATE OF id ON sppp.organization
  EXECUTE FUNCTION sppp.refuse_new_id();
CREATE TRIGGER keep_id BEFORE UPDATE OF id ON sppp.transaction
  EXECUTE FUNCTION sppp.refuse_new_id();

-- What operators query -----------------------------------------------------------------------------------------

CREATE VIEW sppp_api.organization AS
  SELECT o.org_id, o.name, o.created_at FROM sppp.organization o;

CREATE VIEW sppp_api.registrar_grant AS
  SELECT rar.org_id AS registrar, rant.org_id AS registrant, g.created_at
    FROM sppp.registrar_grant g
    JOIN sppp.organization rar ON rar.id = g.registrar_id
    JOIN sppp.organization rant ON rant.id = g.registrant_id;

CREATE VIEW sppp_api.transaction AS
  SELECT t.server_trans_id, t.client_trans_id, rar.org_id AS registrar, c.username, t.operation, t.mode, t.code,
         t.message, t.objects, t.failed, t.received_at, t.answered_at - t.received_at AS duration,
         t.remote_address, t.user_agent
    FROM sppp.transaction t
    LEFT JOIN sppp.organization rar ON rar.id = t.registrar_id
    LEFT JOIN sppp.credential c ON c.id = t.credential_id;

CREATE VIEW sppp_api.destination_group AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, g.name, g.c_date, g.m_date,
         t.server_trans_id AS last_written_by
    FROM sppp.destination_group g
    JOIN sppp.organization rant ON rant.id = g.rant_id
    JOIN sppp.organization rar ON rar.id = g.rar_id
    JOIN sppp.transaction t ON t.id = g.transaction_id;

CREATE VIEW sppp_api.public_identifier AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, p.kind::text AS kind,
         coalesce(p.spelling, p.value) AS identifier, p.value,
         ARRAY(SELECT g.name FROM sppp.destination_group_member m
                 JOIN sppp.destination_group g ON g.id = m.destination_group_id
                WHERE m.public_identifier_id = p.id ORDER BY m.position) AS destination_groups,
         p.cor_claim, p.cor, p.cor_date, p.c_date, p.m_date, t.server_trans_id AS last_written_by
    FROM sppp.public_identifier p
    JOIN sppp.organization rant ON rant.id = p.rant_id
    JOIN sppp.organization rar ON rar.id = p.rar_id
    JOIN sppp.transaction t ON t.id = p.transaction_id;

CREATE VIEW sppp_api.sed_record AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, s.name, s.kind::text AS kind,
         s.sed_function::text AS sed_function, s.is_in_svc, s.ttl, s.naptr_order, s.flags, s.svcs, s.ere,
         s.regx_repl, s.repl, s.host_name, s.uri,
         ARRAY(SELECT a.addr FROM sppp.sed_record_ip_addr a WHERE a.sed_record_id = s.id ORDER BY a.position)
           AS ip_addresses,
         s.c_date, s.m_date, t.server_trans_id AS last_written_by
    FROM sppp.sed_record s
    JOIN sppp.organization rant ON rant.id = s.rant_id
    JOIN sppp.organization rar ON rar.id = s.rar_id
    JOIN sppp.transaction t ON t.id = s.transaction_id;

CREATE VIEW sppp_api.sed_group AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, s.name, s.is_in_svc, s.priority,
         ARRAY(SELECT g.name FROM sppp.sed_group_dest_grp d
                 JOIN sppp.destination_group g ON g.id = d.destination_group_id
                WHERE d.sed_group_id = s.id ORDER BY d.position) AS destination_groups,
         ARRAY(SELECT peer.org_id FROM sppp.sed_group_offer f
                 JOIN sppp.organization peer ON peer.id = f.offered_to_id
                WHERE f.sed_group_id = s.id AND f.status = 'accepted' ORDER BY f.accept_date_time, f.id) AS peers,
         s.c_date, s.m_date, t.server_trans_id AS last_written_by
    FROM sppp.sed_group s
    JOIN sppp.organization rant ON rant.id = s.rant_id
    JOIN sppp.organization rar ON rar.id = s.rar_id
    JOIN sppp.transaction t ON t.id = s.transaction_id;

-- The drafts' name for an SED group.
CREATE VIEW sppp_api.route_group AS SELECT * FROM sppp_api.sed_group;

CREATE VIEW sppp_api.sed_group_record AS
  SELECT owner.org_id AS registrant, g.name AS sed_group, rrant.org_id AS record_registrant, s.name AS sed_record,
         r.priority, s.kind::text AS kind, s.is_in_svc AS record_is_in_svc
    FROM sppp.sed_group_sed_record r
    JOIN sppp.sed_group g ON g.id = r.sed_group_id
    JOIN sppp.organization owner ON owner.id = g.rant_id
    JOIN sppp.sed_record s ON s.id = r.sed_record_id
    JOIN sppp.organization rrant ON rrant.id = s.rant_id;

CREATE VIEW sppp_api.sed_group_source AS
  SELECT rant.org_id AS registrant, g.name AS sed_group, i.scheme, i.regex
    FROM sppp.sed_group_source_ident i
    JOIN sppp.sed_group g ON g.id = i.sed_group_id
    JOIN sppp.organization rant ON rant.id = g.rant_id;

CREATE VIEW sppp_api.sed_group_offer AS
  SELECT rant.org_id AS registrant, g.name AS sed_group, peer.org_id AS offered_to, f.status::text AS status,
         f.offer_date_time, f.accept_date_time, rar.org_id AS registrar, f.c_date, f.m_date,
         t.server_trans_id AS last_written_by
    FROM sppp.sed_group_offer f
    JOIN sppp.sed_group g ON g.id = f.sed_group_id
    JOIN sppp.organization rant ON rant.id = g.rant_id
    JOIN sppp.organization peer ON peer.id = f.offered_to_id
    JOIN sppp.organization rar ON rar.id = f.rar_id
    JOIN sppp.transaction t ON t.id = f.transaction_id;

CREATE VIEW sppp_api.egress_route AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, e.name, e.pref, e.ere, e.repl, e.svcs,
         ARRAY(SELECT own.org_id || ' ' || g.name FROM sppp.egress_route_sed_group i
                 JOIN sppp.sed_group g ON g.id = i.sed_group_id
                 JOIN sppp.organization own ON own.id = g.rant_id
                WHERE i.egress_route_id = e.id ORDER BY i.position) AS ingress_sed_groups,
         e.c_date, e.m_date, t.server_trans_id AS last_written_by
    FROM sppp.egress_route e
    JOIN sppp.organization rant ON rant.id = e.rant_id
    JOIN sppp.organization rar ON rar.id = e.rar_id
    JOIN sppp.transaction t ON t.id = e.transaction_id;

COMMENT ON SCHEMA sppp_api IS 'What operators may rely on: views over the registry, versioned with the server';
COMMENT ON VIEW sppp_api.organization IS 'Organizations: registrants, registrars and peers alike (RFC 7877 §3.1)';
COMMENT ON VIEW sppp_api.registrar_grant IS 'Which registrar may act for which registrant';
COMMENT ON VIEW sppp_api.transaction IS 'One row per request: who asked what, when, and what came of it';
COMMENT ON VIEW sppp_api.destination_group IS 'Destination groups (RFC 7877 §6.1)';
COMMENT ON VIEW sppp_api.public_identifier IS 'Numbers, ranges, prefixes, routing numbers and URIs with their groups (RFC 7877 §6.2)';
COMMENT ON VIEW sppp_api.sed_record IS 'Session establishment data records (RFC 7877 §6.4)';
COMMENT ON VIEW sppp_api.sed_group IS 'SED groups (RFC 7877 §6.3)';
COMMENT ON VIEW sppp_api.route_group IS 'SED groups under the name they had in the drafts';
COMMENT ON VIEW sppp_api.sed_group_offer IS 'Who offered which SED group to whom, and who still waits (RFC 7877 §6.5)';
COMMENT ON VIEW sppp_api.egress_route IS 'Egress routes with the ingress SED groups they rewrite (RFC 7877 §6.6)';
COMMENT ON VIEW sppp_api.sed_group_record IS 'Which records an SED group refers to, lower priority first';
COMMENT ON VIEW sppp_api.sed_group_source IS 'Source criteria of SED groups: one match is enough (RFC 7877 §6.3)';
