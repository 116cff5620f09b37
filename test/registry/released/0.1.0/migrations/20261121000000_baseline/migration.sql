-- The registry's tables, in the schema sppp. Nouns are those of RFC 7877. Views, functions and triggers are in prisma/sql;
-- a function is here only if a table needs it, in a type, an index or a constraint. Such a function never changes.
--
-- Names and numbers compare in the "C" collation: names by their case-folded name_key (RFC 7877 §5.2), numbers by
-- their digits. Columns stand in the order in which they were added, since copies of whole tables rely on it.

CREATE SCHEMA sppp;
CREATE SCHEMA sppp_api;
COMMENT ON SCHEMA sppp_api IS 'What operators may rely on: views over the registry, versioned with the server';

-- Organizations and access -------------------------------------------------------------------------------------

CREATE TABLE sppp.organization (
  id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id       text COLLATE "C" NOT NULL UNIQUE CHECK (org_id ~ '^[A-Za-z][A-Za-z0-9-]*:.'),
  name         text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT now(),
  -- How much the header SPPP-Trace of an answer says.
  trace        text COLLATE "C" NOT NULL DEFAULT 'id' CHECK (trace IN ('none', 'id', 'full')),
  -- A suspended organization cannot log in, and look-ups leave out its objects. It keeps what it owns.
  suspended_at timestamptz,
  -- A removed organization owns nothing; only the journal names it.
  removed_at   timestamptz
);

CREATE TABLE sppp.credential (
  id                 integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  registrar_id       integer NOT NULL REFERENCES sppp.organization (id),
  username           text COLLATE "C" NOT NULL UNIQUE CHECK (username <> ''),
  label              text NOT NULL DEFAULT '',
  ha1_md5            text COLLATE "C" NOT NULL CHECK (ha1_md5 ~ '^[0-9a-f]{32}$'),
  ha1_sha256         text COLLATE "C" NOT NULL CHECK (ha1_sha256 ~ '^[0-9a-f]{64}$'),
  valid_from         timestamptz NOT NULL DEFAULT now(),
  valid_until        timestamptz,
  revoked_at         timestamptz,
  created_at         timestamptz NOT NULL DEFAULT now(),
  -- The previous password, while both work.
  former_ha1_md5     text COLLATE "C" CHECK (former_ha1_md5 ~ '^[0-9a-f]{32}$'),
  former_ha1_sha256  text COLLATE "C" CHECK (former_ha1_sha256 ~ '^[0-9a-f]{64}$'),
  former_valid_until timestamptz,
  CONSTRAINT credential_former_check
    CHECK (num_nonnulls(former_ha1_md5, former_ha1_sha256, former_valid_until) IN (0, 3))
);

-- A client certificate is a credential (RFC 7878 §5). It is known by its SHA-256 or by its whole subject; the credential
-- says whether it is valid.
CREATE TABLE sppp.client_certificate (
  id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  credential_id integer NOT NULL REFERENCES sppp.credential (id),
  fingerprint   text COLLATE "C" UNIQUE CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  subject       text COLLATE "C" UNIQUE CHECK (subject <> ''),
  label         text NOT NULL DEFAULT '',
  created_at    timestamptz NOT NULL DEFAULT now(),
  CHECK (num_nonnulls(fingerprint, subject) = 1)
);
CREATE INDEX client_certificate_credential_id ON sppp.client_certificate (credential_id);

-- Which registrar may act for which registrant. Several grants for one pair add up. An absent list narrows nothing.
-- Lists are text with commas in the row itself, so that no reader ever sees a grant wider than it is.
CREATE TABLE sppp.registrar_grant (
  registrar_id  integer NOT NULL REFERENCES sppp.organization (id),
  registrant_id integer NOT NULL REFERENCES sppp.organization (id),
  created_at    timestamptz NOT NULL DEFAULT now(),
  id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  nouns         text COLLATE "C" CHECK (
    nouns ~ '^(DestGrp|PubId|SedRec|SedGrp|SedGrpOffer|EgrRte)(,(DestGrp|PubId|SedRec|SedGrp|SedGrpOffer|EgrRte))*$'),
  verbs         text COLLATE "C" CHECK (
    verbs ~ '^(add|delete|accept|reject|get|lookup)(,(add|delete|accept|reject|get|lookup))*$'),
  -- Numbers that may be written: prefixes and ranges of digits.
  spans         text COLLATE "C" CHECK (spans ~ '^[0-9]{1,20}(-[0-9]{1,20})?(,[0-9]{1,20}(-[0-9]{1,20})?)*$')
);
CREATE INDEX registrar_grant_by_pair ON sppp.registrar_grant (registrar_id, registrant_id);

-- Keys that all nodes share, such as the key of the Digest nonces.
CREATE TABLE sppp.server_key (
  name  text COLLATE "C" PRIMARY KEY,
  value bytea NOT NULL
);

-- Journal ------------------------------------------------------------------------------------------------------

-- One row per request. A request that is no readable message has no operation and no code, but an HTTP status.
CREATE TABLE sppp.transaction (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  server_trans_id uuid NOT NULL UNIQUE,
  client_trans_id text,
  registrar_id    integer REFERENCES sppp.organization (id),
  credential_id   integer REFERENCES sppp.credential (id),
  operation       text COLLATE "C",
  mode            text COLLATE "C" NOT NULL CHECK (mode IN ('atomic', 'partial', 'validate')),
  received_at     timestamptz NOT NULL,
  answered_at     timestamptz,
  code            smallint CHECK (code BETWEEN 1000 AND 2999),
  message         text,
  objects         integer NOT NULL DEFAULT 0 CHECK (objects >= 0),
  failed          integer NOT NULL DEFAULT 0 CHECK (failed >= 0),
  remote_address  inet,
  user_agent      text,
  http_status     smallint CHECK (http_status BETWEEN 100 AND 599),
  certificate     text COLLATE "C" CHECK (certificate ~ '^[0-9a-f]{64}$'),
  -- Whether the registry has its changes, except for the objects that failed.
  committed       boolean NOT NULL DEFAULT false,
  -- The database transaction that committed it.
  xid             bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint)
);
CREATE INDEX transaction_received_at ON sppp.transaction (received_at);
CREATE INDEX transaction_client_trans_id ON sppp.transaction (client_trans_id) WHERE client_trans_id IS NOT NULL;
CREATE INDEX transaction_xid ON sppp.transaction USING brin (xid) WITH (pages_per_range = 16, autosummarize = on);

-- How many objects of a request got which code, successes not counted.
CREATE TABLE sppp.transaction_code (
  transaction_id bigint NOT NULL REFERENCES sppp.transaction (id) ON DELETE CASCADE,
  code           smallint NOT NULL CHECK (code BETWEEN 1000 AND 2999),
  objects        integer NOT NULL CHECK (objects > 0),
  PRIMARY KEY (transaction_id, code)
);

-- The request as received, compressed unless it is small. Guarded by statement (prisma/sql/10-guards.sql).
CREATE TABLE sppp.transaction_body (
  transaction_id bigint PRIMARY KEY,
  kept_at        timestamptz NOT NULL,
  encoding       text COLLATE "C" NOT NULL CHECK (encoding IN ('identity', 'gzip')),
  -- false: the request was longer; the rest was not read, or exceeded the limit.
  is_whole       boolean NOT NULL,
  -- The charset that the client named, if any.
  charset        text,
  -- Which key encrypts it (AES-256-GCM: nonce, text, tag), if any: the first half of the key's SHA-256.
  key_print      text COLLATE "C" CHECK (key_print ~ '^[0-9a-f]{32}$'),
  body           bytea NOT NULL
);
ALTER TABLE sppp.transaction_body ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TYPE sppp.noun AS ENUM ('DestGrp', 'PubId', 'SedRec', 'SedGrp', 'SedGrpOffer', 'EgrRte');

-- Deleted objects. Guarded by statement.
CREATE TABLE sppp.deletion (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id  bigint NOT NULL,
  rant_id         integer NOT NULL,
  noun            sppp.noun NOT NULL,
  -- The case-folded name; `TN 12025550100` with its kind for public identifiers; `group to organization` for offers.
  key             text COLLATE "C" NOT NULL,
  -- Offers and references of other objects that were deleted with it.
  offers_gone     integer NOT NULL DEFAULT 0,
  references_gone integer NOT NULL DEFAULT 0
);
CREATE INDEX deletion_key ON sppp.deletion (key);
CREATE INDEX deletion_transaction ON sppp.deletion USING brin (transaction_id) WITH (pages_per_range = 16);

-- Objects of a request that failed, and why. Guarded by statement.
CREATE TABLE sppp.transaction_failure (
  transaction_id bigint NOT NULL,
  -- The number of the object or key in the request, from 1, in the order of the document.
  index          integer NOT NULL CHECK (index > 0),
  verb           text COLLATE "C" NOT NULL CHECK (verb IN ('add', 'delete', 'accept', 'reject', 'get')),
  -- As sent; there may be no such organization.
  registrant     text NOT NULL,
  noun           sppp.noun NOT NULL,
  -- As in sppp.deletion; null if the key sent is no valid value.
  key            text COLLATE "C",
  code           smallint NOT NULL CHECK (code BETWEEN 2000 AND 2999),
  -- The element at fault and its value as sent, or the beginning of it.
  attr_name      text COLLATE "C" NOT NULL,
  attr_val       text NOT NULL,
  is_cut         boolean NOT NULL,
  reason         text,
  PRIMARY KEY (transaction_id, index)
);

-- Requests refused before a registrar was known. They have no journal row; they are counted by the hour. A user name is
-- stored only if it is a credential's: text typed into a login may be a password.
CREATE TABLE sppp.refusal (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hour          timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
  status        smallint NOT NULL CHECK (status BETWEEN 400 AND 599),
  reason        text COLLATE "C" NOT NULL CHECK (reason ~ '^[a-z][A-Za-z]{0,31}$'),
  registrar_id  integer REFERENCES sppp.organization (id) ON DELETE CASCADE,
  credential_id integer REFERENCES sppp.credential (id) ON DELETE CASCADE,
  -- An IPv6 address by its first 64 bits; null: of more addresses than are counted apart in an hour.
  address       inet,
  refusals      bigint NOT NULL CHECK (refusals > 0),
  last_at       timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (hour, status, reason, registrar_id, credential_id, address)
);

-- Objects ------------------------------------------------------------------------------------------------------
-- The indexes by transaction_id serve the purge of old journal rows: without them each row would be searched for in all
-- objects.

CREATE TABLE sppp.destination_group (
  id             bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 2147483647) PRIMARY KEY,
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
CREATE INDEX destination_group_by_transaction ON sppp.destination_group (transaction_id);

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
CREATE INDEX sed_record_by_transaction ON sppp.sed_record (transaction_id);

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
CREATE INDEX sed_group_by_transaction ON sppp.sed_group (transaction_id);

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

-- An SED group offered to an organization. The peers of a group are those that accepted (RFC 7877 §6.3, §6.5).
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
CREATE INDEX sed_group_offer_by_transaction ON sppp.sed_group_offer (transaction_id);

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
CREATE INDEX egress_route_by_transaction ON sppp.egress_route (transaction_id);

-- Egress routes of many peers may name one SED group. The index has each peer's own routes together, so that a look-up
-- does not read those of the others.
CREATE TABLE sppp.egress_route_sed_group (
  egress_route_id bigint NOT NULL REFERENCES sppp.egress_route (id) ON DELETE CASCADE,
  sed_group_id    bigint NOT NULL REFERENCES sppp.sed_group (id) ON DELETE CASCADE,
  position        integer NOT NULL,
  -- The route's registrant, which never changes. A trigger sets it.
  rant            integer NOT NULL,
  PRIMARY KEY (egress_route_id, sed_group_id)
);
CREATE INDEX egress_route_sed_group_by_group_and_rant ON sppp.egress_route_sed_group (sed_group_id, rant);

-- Numbers ------------------------------------------------------------------------------------------------------
-- The bulk tables. Row-level foreign keys would cost four times the load itself; guards by statement keep the same
-- promise. A number has a hundred million neighbours, so its columns stand by width, and what all rows of a request have
-- alike is read from its journal row: docs/database.md counts the bytes.

-- A span of numbers is an interval of digit strings: prefix 1202 is ['1202','1202:'), because ':' follows '9'.
-- The difference of two digit strings as fractions 0.d1d2d3… lets GiST keep neighbours together.
CREATE FUNCTION sppp.digit_difference(a text, b text) RETURNS float8
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN ('0.' || replace(a, ':', '9') || '0')::float8 - ('0.' || replace(b, ':', '9') || '0')::float8;
CREATE TYPE sppp.digit_range AS RANGE (SUBTYPE = text, COLLATION = "C", SUBTYPE_DIFF = sppp.digit_difference);

CREATE TYPE sppp.public_identifier_kind AS ENUM ('TN', 'TNRange', 'TNPrefix', 'RN', 'URI');

-- Digit strings as whole numbers that compare as the strings do: 16 digits, filled up with zeros, then the length, so
-- that 12 comes before 120. All that begin with 12 lie from 12 itself to 129…9 of any length. E.164 ends at 15 digits;
-- longer strings that agree in 16 digits and in their length are one number here. Routing numbers are a space of their
-- own, behind the telephone numbers. GiST is forty times as fast with these as with the strings.

CREATE FUNCTION sppp.interval_start(digits text) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN rpad(digits, 16, '0')::bigint * 100 + length(digits);
CREATE FUNCTION sppp.interval_end(digits text) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN rpad(digits, 16, '9')::bigint * 100 + 99;
CREATE FUNCTION sppp.routing_number_offset() RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 1000000000000000000;

-- The interval of a public identifier; null for a URI.
CREATE FUNCTION sppp.number_interval(kind sppp.public_identifier_kind, value text) RETURNS int8range
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN CASE kind
    WHEN 'TN' THEN int8range(sppp.interval_start(value), sppp.interval_start(value), '[]')
    WHEN 'TNPrefix' THEN int8range(sppp.interval_start(value), sppp.interval_end(value), '[]')
    WHEN 'TNRange' THEN int8range(sppp.interval_start(split_part(value, '-', 1)),
                                  sppp.interval_end(split_part(value, '-', 2)), '[]')
    WHEN 'RN' THEN int8range(sppp.routing_number_offset() + sppp.interval_start(value),
                             sppp.routing_number_offset() + sppp.interval_start(value), '[]')
  END;

CREATE TABLE sppp.public_identifier (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL,
  -- When it was added, if not when the request of its journal row came: most numbers are new and many to a request.
  c_date         timestamptz,
  m_date         timestamptz,
  cor_date       timestamptz,
  rant_id        integer NOT NULL,
  -- Who wrote it last, if not the registrar of its journal row.
  rar_id         integer,
  kind           sppp.public_identifier_kind NOT NULL,
  cor_claim      boolean,
  cor            boolean,
  -- What identifies it: the digits, `start-end`, or the URI.
  value          text COLLATE "C" NOT NULL,
  -- As the client wrote it, where that differs from value: `+` for a plus sign before it, as E.164 has it, else in full.
  spelling       text COLLATE "C",
  span           sppp.digit_range,
  ext            text,
  own_ext        text,
  UNIQUE (value, kind, rant_id),
  -- One that was replaced has another journal row now.
  CONSTRAINT public_identifier_replaced_check CHECK (c_date IS NOT NULL OR m_date IS NULL),
  CHECK ((span IS NOT NULL) = (kind IN ('TNRange', 'TNPrefix'))),
  CHECK (cor IS NULL OR cor_claim IS TRUE),
  CHECK ((cor IS NULL) = (cor_date IS NULL)),
  CHECK (kind <> 'URI' OR cor_claim IS NULL),
  -- At most one registrant is carrier of record of a number; identifiers of one registrant may overlap. Of the operator
  -- classes that come with PostgreSQL, only inet_ops lets GiST ask for "not equal": the registrant's id is an address.
  CONSTRAINT public_identifier_one_carrier EXCLUDE USING gist (
    sppp.number_interval(kind, value) WITH &&, (inet '0.0.0.0' + rant_id) inet_ops WITH <>) WHERE (cor)
);
-- Ranges and prefixes that contain a number.
CREATE INDEX public_identifier_span ON sppp.public_identifier USING gist (span) WHERE span IS NOT NULL;
-- The carrier of record of a number.
CREATE INDEX public_identifier_cor ON sppp.public_identifier (value) WHERE cor;
-- Claims of every outcome, to be settled anew in batches.
CREATE INDEX public_identifier_claim ON sppp.public_identifier (id) WHERE cor_claim;
CREATE INDEX public_identifier_transaction ON sppp.public_identifier
  USING brin (transaction_id) WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE sppp.destination_group_member (
  public_identifier_id bigint NOT NULL,
  -- The ids of destination groups end where this does.
  destination_group_id integer NOT NULL,
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

-- Carrier of record (RFC 7877 §6.2) ----------------------------------------------------------------------------

CREATE TYPE sppp.number_space AS ENUM ('TN', 'RN');

-- Authority data as loaded. A carrier is an organization id that this registry need not know.
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

-- The same data without overlaps: the narrowest span has won, and neighbours of one carrier are one segment.
CREATE TABLE sppp.cor_segment (
  first   bigint PRIMARY KEY,
  last    bigint NOT NULL,
  carrier text COLLATE "C" NOT NULL,
  CHECK (first <= last)
);

CREATE TYPE sppp.cor_decider AS ENUM ('authority', 'firstClaim', 'deny', 'operator', 'withdrawal', 'expiry');

-- How a claim was settled: a row for each claim that waits, or that was not simply the first. Guarded by statement.
CREATE TABLE sppp.cor_ruling (
  public_identifier_id bigint PRIMARY KEY,
  -- Null while the claim waits.
  decided_by           sppp.cor_decider,
  -- When it began to wait, or when it was decided.
  since                timestamptz NOT NULL,
  -- The organization that holds the number, or claims it as well.
  rival                text COLLATE "C",
  -- The interval of a claim that other waiting claims may overlap.
  span                 int8range,
  -- The claim covers more numbers than a first claim may take: it waits for the operator, and no other waits for it.
  is_wide              boolean NOT NULL DEFAULT false,
  CHECK (decided_by IS NOT NULL OR span IS NOT NULL)
);
CREATE INDEX cor_ruling_span ON sppp.cor_ruling USING gist (span) WHERE span IS NOT NULL;
CREATE INDEX cor_ruling_waiting ON sppp.cor_ruling (since) WHERE decided_by IS NULL;

-- Changes, for feeds (docs/feeds.md) ---------------------------------------------------------------------------
-- Triggers write these tables, by statement; a load of new numbers writes nothing. Rows are named by id without a
-- reference, since they may be deleted. xid is the database transaction of the change: two snapshots tell by it what
-- changed between them. Ids from sequences could not, as they are not given in the order of the commits.

-- Public identifiers that were replaced or deleted, as they were: a row for each destination group, or one without.
CREATE TABLE sppp.identifier_change (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid               bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  changed_at        timestamptz NOT NULL DEFAULT now(),
  identifier        bigint NOT NULL,
  rant              integer NOT NULL,
  value             text COLLATE "C" NOT NULL,
  span              sppp.digit_range,
  destination_group bigint,
  -- Whether everybody could see it: in no destination group, with SED records of its own (RFC 7877 §6.2).
  was_public        boolean NOT NULL
);
CREATE INDEX identifier_change_xid ON sppp.identifier_change
  USING brin (xid) WITH (pages_per_range = 16, autosummarize = on);

-- SED groups that got or lost a peer, or a destination group.
CREATE TABLE sppp.share_change (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid               bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  changed_at        timestamptz NOT NULL DEFAULT now(),
  sed_group         bigint NOT NULL,
  peer              integer,
  destination_group bigint,
  is_gain           boolean NOT NULL,
  CHECK (num_nonnulls(peer, destination_group) = 1)
);
CREATE INDEX share_change_xid ON sppp.share_change (xid);

-- Named objects that were deleted.
CREATE TABLE sppp.object_removal (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid        bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  changed_at timestamptz NOT NULL DEFAULT now(),
  noun       sppp.noun NOT NULL,
  object     bigint NOT NULL,
  rant       integer NOT NULL
);
CREATE INDEX object_removal_xid ON sppp.object_removal (xid);

-- Up to which transaction the three tables were purged; older cursors are refused.
CREATE TABLE sppp.feed_horizon (
  id  integer PRIMARY KEY CHECK (id = 1),
  xid bigint NOT NULL
);
INSERT INTO sppp.feed_horizon (id, xid) VALUES (1, pg_current_xact_id()::text::bigint);

-- In a database that follows a feed: how far it has read.
CREATE TABLE sppp.feed_position (
  asker      text COLLATE "C" PRIMARY KEY,
  cursor     text COLLATE "C" NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- Changes, for the caches of look-ups (docs/architecture.md) ---------------------------------------------------

-- Two empty texts: something changed that is no public identifier. Otherwise identifiers changed: numbers of one length
-- from `first` to `last`; or all in spans from `first` up to `last`, which then ends in a colon.
CREATE TABLE sppp.route_change (
  xid        bigint DEFAULT (pg_current_xact_id()::text::bigint),
  changed_at timestamptz NOT NULL DEFAULT now(),
  first      text COLLATE "C" NOT NULL DEFAULT '',
  last       text COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY (xid, first, last)
);

-- The database that the transaction numbers (xid) in these tables belong to. In a database that was restored from a dump
-- or copied row by row they say nothing about snapshots (docs/feeds.md). A promoted standby and a server upgraded in
-- place continue them.
CREATE TABLE sppp.database_identity (
  id                integer PRIMARY KEY CHECK (id = 1),
  system_identifier bigint NOT NULL,
  database          bigint NOT NULL,
  -- The oid of sppp.transaction: a restore may make the tables anew in the same database.
  journal           bigint NOT NULL,
  since             timestamptz NOT NULL DEFAULT now()
);
INSERT INTO sppp.database_identity (id, system_identifier, database, journal)
SELECT 1, c.system_identifier, d.oid::bigint, 'sppp.transaction'::regclass::oid::bigint
  FROM pg_control_system() c, pg_database d WHERE d.datname = current_database();

-- Operators ----------------------------------------------------------------------------------------------------

-- The role that reads sppp_api and nothing else. Roles belong to all databases of a server, so it may exist. If the owner
-- of the registry may not create it, an operator can: CREATE ROLE sppp_operator NOLOGIN; the next start grants the rest.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sppp_operator') THEN
    CREATE ROLE sppp_operator NOLOGIN;
    COMMENT ON ROLE sppp_operator IS 'Reads schema sppp_api of SPPP registries, and nothing else';
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN
    RAISE NOTICE 'role sppp_operator is not there, and % may not make it: operators need grants on schema sppp_api', current_user;
  WHEN duplicate_object OR unique_violation THEN
    NULL; -- another migration made it at the same moment
END $$;
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'sppp_operator') THEN
    GRANT USAGE ON SCHEMA sppp_api TO sppp_operator;
    ALTER DEFAULT PRIVILEGES IN SCHEMA sppp_api GRANT SELECT ON TABLES TO sppp_operator;
  END IF;
END $$;
