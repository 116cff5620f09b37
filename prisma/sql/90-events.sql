-- What becomes an event (docs/events.md). These functions write the outbox in the transaction that causes the events; a load of
-- new numbers calls none of them. A row of the outbox has the keys of many objects, so that many objects cost little.

-- The begin of the key of an object as people write it, such as tn:iana-en:222: before a number of that organization.
CREATE OR REPLACE FUNCTION sppp.key_begin(noun text, kind text, organization integer) RETURNS text
  LANGUAGE sql STABLE
  RETURN CASE WHEN noun <> 'PubId' THEN lower(left(noun, 1)) || substr(noun, 2)
              WHEN kind IN ('TNRange', 'TNPrefix') THEN 'tn' || substr(kind, 3)
              ELSE lower(kind) END
         || ':' || (SELECT o.org_id FROM sppp.organization o WHERE o.id = organization) || ':';

CREATE OR REPLACE FUNCTION sppp.org_id_of(organization integer) RETURNS text
  LANGUAGE sql STABLE
  RETURN (SELECT o.org_id FROM sppp.organization o WHERE o.id = organization);

-- Objects ------------------------------------------------------------------------------------------------------

-- Objects that a request has changed, and that another registrar had written last. What a claim alone changes is told by
-- sppp.tell_claims. Transition tables have no statistics, and a plan that was made for one row serves for many as well: a hash
-- join suits both.
CREATE OR REPLACE FUNCTION sppp.tell_changed_numbers() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM old_rows) THEN
    RETURN NULL;
  END IF;
  INSERT INTO sppp.event_outbox (type, organization_id, noun, transaction_id, subject_begin, keys, member, data)
  WITH changed AS MATERIALIZED (
    SELECT o.rant_id, o.kind, o.value, o.rar_id, o.transaction_id AS written_by, n.transaction_id,
           CASE WHEN n.rar_id IS NULL THEN 'replaced' ELSE 'referenceLost' END AS change
      FROM old_rows o JOIN new_rows n ON n.id = o.id
     WHERE n.transaction_id <> o.transaction_id AND (n.rar_id IS NULL OR n.cor IS NOT DISTINCT FROM o.cor)),
  journal AS MATERIALIZED (
    SELECT each.id, sppp.registrar_of(each.id) AS registrar
      FROM (SELECT transaction_id FROM changed UNION SELECT written_by FROM changed WHERE rar_id IS NULL) each (id)),
  told AS (
    SELECT c.*, a.registrar, coalesce(c.rar_id, w.registrar) AS former, row_number() OVER () / 5000 AS part
      FROM changed c JOIN journal a ON a.id = c.transaction_id LEFT JOIN journal w ON w.id = c.written_by
     WHERE a.registrar <> coalesce(c.rar_id, w.registrar))
  SELECT 'sppp.object.changed.v1', rant_id, 'PubId', transaction_id, sppp.key_begin('PubId', kind::text, rant_id),
         array_agg(value), 'value',
         jsonb_build_object('registrant', sppp.org_id_of(rant_id), 'noun', 'PubId', 'kind', kind, 'change', change,
                            'registrar', sppp.org_id_of(registrar), 'formerRegistrar', sppp.org_id_of(former))
    FROM told GROUP BY transaction_id, rant_id, kind, change, registrar, former, part;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER events_update AFTER UPDATE ON sppp.public_identifier
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_changed_numbers();

-- The same for named objects.
CREATE OR REPLACE FUNCTION sppp.tell_changed_objects() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM old_rows) THEN
    RETURN NULL;
  END IF;
  INSERT INTO sppp.event_outbox (type, organization_id, noun, transaction_id, subject_begin, keys, member, data)
  WITH changed AS MATERIALIZED (
    SELECT o.rant_id, o.name_key, o.rar_id AS former, n.transaction_id,
           CASE WHEN n.rar_id <> o.rar_id THEN 'replaced' ELSE 'referenceLost' END AS change
      FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE n.transaction_id <> o.transaction_id),
  journal AS MATERIALIZED (
    SELECT each.id, sppp.registrar_of(each.id) AS registrar FROM (SELECT DISTINCT transaction_id FROM changed) each (id)),
  told AS (
    SELECT c.*, a.registrar, row_number() OVER () / 5000 AS part
      FROM changed c JOIN journal a ON a.id = c.transaction_id WHERE a.registrar <> c.former)
  SELECT 'sppp.object.changed.v1', rant_id, TG_ARGV[0], transaction_id, sppp.key_begin(TG_ARGV[0], NULL, rant_id),
         array_agg(name_key), 'name',
         jsonb_build_object('registrant', sppp.org_id_of(rant_id), 'noun', TG_ARGV[0], 'change', change,
                            'registrar', sppp.org_id_of(registrar), 'formerRegistrar', sppp.org_id_of(former))
    FROM told GROUP BY transaction_id, rant_id, change, registrar, former, part;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER events_update AFTER UPDATE ON sppp.destination_group
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_changed_objects('DestGrp');
CREATE OR REPLACE TRIGGER events_update AFTER UPDATE ON sppp.sed_record
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_changed_objects('SedRec');
CREATE OR REPLACE TRIGGER events_update AFTER UPDATE ON sppp.sed_group
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_changed_objects('SedGrp');
CREATE OR REPLACE TRIGGER events_update AFTER UPDATE ON sppp.egress_route
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_changed_objects('EgrRte');

-- Deletions that are recorded of objects that another registrar had written last. Those of offers are told by
-- sppp.tell_offers.
CREATE OR REPLACE FUNCTION sppp.tell_deleted_objects() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
  INSERT INTO sppp.event_outbox (type, organization_id, noun, transaction_id, subject_begin, keys, member, data)
  WITH deleted AS MATERIALIZED (
    SELECT d.transaction_id, d.rant_id, d.noun::text AS noun, d.rar_id AS former,
           CASE WHEN d.noun = 'PubId' THEN split_part(d.key, ' ', 1) END AS kind,
           CASE WHEN d.noun = 'PubId' THEN substr(d.key, strpos(d.key, ' ') + 1) ELSE d.key END AS key
      FROM new_rows d WHERE d.rar_id IS NOT NULL AND d.noun <> 'SedGrpOffer'),
  journal AS MATERIALIZED (
    SELECT each.id, sppp.registrar_of(each.id) AS registrar FROM (SELECT DISTINCT transaction_id FROM deleted) each (id)),
  told AS (
    SELECT d.*, a.registrar, row_number() OVER () / 5000 AS part
      FROM deleted d JOIN journal a ON a.id = d.transaction_id WHERE a.registrar <> d.former)
  SELECT 'sppp.object.deleted.v1', rant_id, noun, transaction_id, sppp.key_begin(noun, kind, rant_id), array_agg(key),
         CASE WHEN kind IS NULL THEN 'name' ELSE 'value' END,
         jsonb_build_object('registrant', sppp.org_id_of(rant_id), 'noun', noun, 'registrar', sppp.org_id_of(registrar),
                            'formerRegistrar', sppp.org_id_of(former))
         || CASE WHEN kind IS NULL THEN '{}' ELSE jsonb_build_object('kind', kind) END
    FROM told GROUP BY transaction_id, rant_id, noun, kind, registrar, former, part;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER events_insert AFTER INSERT ON sppp.deletion REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_deleted_objects();

-- Offers -------------------------------------------------------------------------------------------------------

-- Tells that offers are made, accepted, rejected or withdrawn, while their rows are there. Who rejects an offer that was
-- accepted leaves as a peer. The recipient, too, is told of what a standing agreement has accepted.
--
-- told_by: the journal row of the request; null: the one that has written the offer
CREATE OR REPLACE FUNCTION sppp.tell_offers(happening text, ids bigint[], told_by bigint DEFAULT NULL) RETURNS void
  LANGUAGE sql AS $$
  INSERT INTO sppp.event_outbox
    (type, organization_id, noun, transaction_id, subject_begin, keys, subject_end, member, data)
  SELECT CASE WHEN happening = 'rejected' AND f.status = 'accepted' THEN 'sppp.peer.lost.v1'
              ELSE format('sppp.offer.%s.v1', happening) END,
         told.organization, 'SedGrpOffer', f.written_by, sppp.key_begin('SedGrpOffer', NULL, f.rant_id),
         array_agg(f.name_key), '/' || sppp.org_id_of(f.offered_to_id), 'sedGrp',
         jsonb_build_object('registrant', sppp.org_id_of(f.rant_id), 'offeredTo', sppp.org_id_of(f.offered_to_id),
                            'registrar', sppp.org_id_of(sppp.registrar_of(f.written_by)))
         || CASE WHEN happening = 'withdrawn' THEN jsonb_build_object('wasAccepted', f.status = 'accepted')
                 WHEN happening = 'accepted' AND f.agreement IS NOT NULL THEN jsonb_build_object('agreement', f.agreement)
                 ELSE '{}' END
    FROM (SELECT g.rant_id, g.name_key, o.offered_to_id, o.status, coalesce(told_by, o.transaction_id) AS written_by,
                 o.agreement_id AS agreement, row_number() OVER () / 5000 AS part
            FROM (SELECT * FROM unnest(ids) LIMIT cardinality(ids)) each (id)
           CROSS JOIN LATERAL (SELECT * FROM sppp.sed_group_offer WHERE id = each.id LIMIT 1) o
           CROSS JOIN LATERAL (SELECT * FROM sppp.sed_group WHERE id = o.sed_group_id LIMIT 1) g) f
   CROSS JOIN LATERAL (SELECT f.rant_id WHERE happening IN ('accepted', 'rejected') UNION
                       SELECT f.offered_to_id WHERE happening IN ('made', 'withdrawn')
                           OR happening = 'accepted' AND f.agreement IS NOT NULL) told (organization)
   GROUP BY told.organization, f.rant_id, f.offered_to_id, f.status, f.written_by, f.agreement, f.part
$$;

-- An offer that comes accepted without an agreement is one that a feed brings.
CREATE OR REPLACE FUNCTION sppp.tell_made_offers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  made   bigint[];
  agreed bigint[];
BEGIN
  SELECT array_agg(n.id), array_agg(n.id) FILTER (WHERE n.status = 'accepted') INTO made, agreed
    FROM new_rows n WHERE n.status = 'offered' OR n.agreement_id IS NOT NULL;
  IF made IS NOT NULL THEN
    PERFORM sppp.tell_offers('made', made);
  END IF;
  IF agreed IS NOT NULL THEN
    PERFORM sppp.tell_offers('accepted', agreed);
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER events_insert AFTER INSERT ON sppp.sed_group_offer REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_made_offers();

CREATE OR REPLACE FUNCTION sppp.tell_accepted_offers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids bigint[] := (SELECT array_agg(id) FROM (SELECT id FROM new_rows WHERE status = 'accepted'
                                              EXCEPT SELECT id FROM old_rows WHERE status = 'accepted') each);
BEGIN
  IF ids IS NOT NULL THEN
    PERFORM sppp.tell_offers('accepted', ids);
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER events_update AFTER UPDATE ON sppp.sed_group_offer
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_accepted_offers();

-- Tells of the offers that go with their SED groups.
CREATE OR REPLACE FUNCTION sppp.tell_offers_of_groups(groups bigint[], told_by bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  ids bigint[] := (SELECT array_agg(id) FROM (
                     SELECT id FROM sppp.sed_group_offer
                      WHERE id = ANY (ARRAY(SELECT id FROM sppp.sed_group_offer WHERE sed_group_id = ANY (groups)))
                      ORDER BY id FOR UPDATE) each);
BEGIN
  IF ids IS NOT NULL THEN
    PERFORM sppp.tell_offers('withdrawn', ids, told_by);
  END IF;
END $$;

-- Claims -------------------------------------------------------------------------------------------------------

-- The journal row of a request of this transaction that claims some of the numbers as well.
CREATE OR REPLACE FUNCTION sppp.contester_of(claimant integer, numbers int8range) RETURNS bigint
  LANGUAGE sql STABLE
  RETURN (SELECT t.id FROM sppp.cor_ruling w JOIN sppp.public_identifier q ON q.id = w.public_identifier_id
            JOIN sppp.transaction t ON t.id = q.transaction_id AND t.xid = pg_current_xact_id()::text::bigint
           WHERE w.span && numbers AND w.decided_by IS NULL AND q.rant_id <> claimant LIMIT 1);

-- Tells how claims stand whose rulings have changed. That a claim holds is told by the answer to the claimant's own request.
CREATE OR REPLACE FUNCTION sppp.tell_claims_of(ids bigint[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO sppp.event_outbox (type, organization_id, noun, transaction_id, subject_begin, keys, member, data)
  SELECT format('sppp.claim.%s.v1', c.state), c.rant_id, 'PubId', c.transaction_id,
         sppp.key_begin('PubId', c.kind::text, c.rant_id), array_agg(c.value), 'value',
         jsonb_build_object('registrant', sppp.org_id_of(c.rant_id), 'kind', c.kind)
         || CASE c.state WHEN 'pending' THEN jsonb_build_object('isWide', c.is_wide)
                         WHEN 'contested' THEN jsonb_build_object('rival', c.rival)
                         ELSE jsonb_build_object('decidedBy', c.decided_by, 'rival', c.rival) END
    FROM (SELECT p.rant_id, p.kind, p.value, r.decided_by, r.rival, r.is_wide,
                 coalesce(t.id, CASE WHEN r.decided_by IS NULL THEN sppp.contester_of(p.rant_id, r.span) END) AS transaction_id,
                 CASE WHEN p.cor THEN 'won' WHEN r.decided_by = 'expiry' THEN 'expired' WHEN NOT p.cor THEN 'lost'
                      WHEN r.rival IS NULL THEN 'pending' ELSE 'contested' END AS state,
                 row_number() OVER () / 5000 AS part
            FROM sppp.cor_ruling r
            JOIN sppp.public_identifier p ON p.id = r.public_identifier_id
            LEFT JOIN sppp.transaction t ON t.id = p.transaction_id AND t.xid = pg_current_xact_id()::text::bigint
           WHERE r.public_identifier_id IN (SELECT * FROM unnest(ids) LIMIT cardinality(ids)) AND p.cor_claim
             AND NOT (p.cor IS TRUE AND t.id IS NOT NULL)) c
   GROUP BY c.state, c.rant_id, c.kind, c.decided_by, c.rival, c.is_wide, c.transaction_id, c.part
$$;

CREATE OR REPLACE FUNCTION sppp.tell_claims() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids bigint[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    ids := (SELECT array_agg(public_identifier_id) FROM new_rows);
  ELSE
    ids := (SELECT array_agg(public_identifier_id)
              FROM (SELECT public_identifier_id, decided_by, since, rival FROM new_rows
                    EXCEPT SELECT public_identifier_id, decided_by, since, rival FROM old_rows) each);
  END IF;
  IF ids IS NOT NULL THEN
    PERFORM sppp.tell_claims_of(ids);
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER events_insert AFTER INSERT ON sppp.cor_ruling REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_claims();
CREATE OR REPLACE TRIGGER events_update AFTER UPDATE ON sppp.cor_ruling
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_claims();

-- Tells holders whose identifiers are going to be deleted, because authority data give the numbers to another claimant.
CREATE OR REPLACE FUNCTION sppp.tell_lost_claims(rants integer[], kinds text[], numbers text[], told_by bigint[], claimant text)
  RETURNS void LANGUAGE sql AS $$
  INSERT INTO sppp.event_outbox (type, organization_id, noun, transaction_id, subject_begin, keys, member, data)
  SELECT 'sppp.claim.lost.v1', l.rant_id, 'PubId', l.transaction_id, sppp.key_begin('PubId', l.kind, l.rant_id),
         array_agg(l.value), 'value',
         jsonb_build_object('registrant', sppp.org_id_of(l.rant_id), 'kind', l.kind, 'decidedBy', 'authority',
                            'rival', claimant)
    FROM unnest(rants, kinds, numbers, told_by) AS l(rant_id, kind, value, transaction_id)
   GROUP BY l.rant_id, l.kind, l.transaction_id
$$;
