-- least server: 0.1.0

-- Standing agreements (docs/agreements.md): an organization takes the offers of another one at once. None is ever deleted.
CREATE TABLE sppp.standing_agreement (
  id               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  offered_to_id    integer NOT NULL REFERENCES sppp.organization (id),
  -- Registrant of the SED groups.
  offered_by_id    integer NOT NULL REFERENCES sppp.organization (id),
  -- Of the names of the groups, as it was written; NULL: all groups.
  pattern          text,
  -- The same as names compare.
  pattern_key      text COLLATE "C",
  created_at       timestamptz NOT NULL,
  -- User name of a registrar, or whom an operator acted for.
  created_by       text NOT NULL,
  -- NULL: an operator.
  created_rar_id   integer REFERENCES sppp.organization (id),
  withdrawn_at     timestamptz,
  withdrawn_by     text,
  withdrawn_rar_id integer REFERENCES sppp.organization (id),
  CHECK ((pattern IS NULL) = (pattern_key IS NULL)),
  CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL)),
  CHECK (withdrawn_at IS NOT NULL OR withdrawn_rar_id IS NULL),
  CHECK (offered_to_id <> offered_by_id)
);
CREATE UNIQUE INDEX standing_agreement_in_force ON sppp.standing_agreement (offered_to_id, offered_by_id, pattern_key)
  NULLS NOT DISTINCT WHERE withdrawn_at IS NULL;

-- The agreement that accepted an offer; NULL: it waits, or was accepted by hand.
ALTER TABLE sppp.sed_group_offer ADD COLUMN agreement_id integer REFERENCES sppp.standing_agreement (id);
CREATE INDEX sed_group_offer_by_agreement ON sppp.sed_group_offer (agreement_id, id) WHERE agreement_id IS NOT NULL;
