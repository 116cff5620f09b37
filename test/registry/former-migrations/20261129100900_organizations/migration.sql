-- Organizations that are suspended or removed, and passwords that overlap while they are changed.

-- A suspended organization is let in and answered no longer; all that it has stays. A removed one owns nothing and is
-- named by the journal alone.
ALTER TABLE sppp.organization
  ADD COLUMN suspended_at timestamptz,
  ADD COLUMN removed_at   timestamptz;

-- The password before this one, as long as it is let in too.
ALTER TABLE sppp.credential
  ADD COLUMN former_ha1_md5     text COLLATE "C" CHECK (former_ha1_md5 ~ '^[0-9a-f]{32}$'),
  ADD COLUMN former_ha1_sha256  text COLLATE "C" CHECK (former_ha1_sha256 ~ '^[0-9a-f]{64}$'),
  ADD COLUMN former_valid_until timestamptz,
  ADD CONSTRAINT credential_former_check
    CHECK (num_nonnulls(former_ha1_md5, former_ha1_sha256, former_valid_until) IN (0, 3));

-- Cursors of feeds know nothing of suspensions: when one begins or ends, everybody takes a new snapshot.
CREATE FUNCTION sppp.end_feed_cursors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sppp.feed_horizon SET xid = pg_current_xact_id()::text::bigint;
  RETURN NULL;
END $$;
CREATE TRIGGER end_feed_cursors AFTER UPDATE OF suspended_at ON sppp.organization
  FOR EACH ROW WHEN (OLD.suspended_at IS DISTINCT FROM NEW.suspended_at) EXECUTE FUNCTION sppp.end_feed_cursors();

-- As before, but that a suspended registrant is answered to nobody and a suspended asker gets no answer.
CREATE OR REPLACE FUNCTION sppp.answer(identifiers text[], askers text[], source_uris text[], source_ips text[],
                            root_domains text[])
  RETURNS TABLE (question integer, subject text, registrant text, matched_kind text, matched_identifier text,
                 cor boolean, destination_group text, sed_group text, group_priority integer, record_priority integer,
                 egress_route text, pref integer, template text, sed_record_id bigint, record_registrant text,
                 sed_record text, kind text, sed_function text, naptr_order integer, svcs text, flags text, ere text,
                 regx_repl text, repl text, uri text, host_name text, ip_addresses text[], ttl integer)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 4
  SET search_path = '' SET plan_cache_mode = force_generic_plan SET join_collapse_limit = 1 SET jit = off
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET enable_memoize = off SET enable_material = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT q.nth, r.subject, rant.org_id, i.kind::text, i.spelling, i.cor, m.name, g.name, g.priority, x.priority,
         e.name, e.pref, e.template, s.*
    FROM generate_series(1, cardinality(identifiers)) q(nth)
   CROSS JOIN LATERAL (SELECT o.id FROM sppp.organization o WHERE o.org_id = askers[q.nth] AND o.suspended_at IS NULL
                        OFFSET 0) asker
   CROSS JOIN LATERAL sppp.read_identifier(identifiers[q.nth]) r
    -- Of each registrant the most specific identifier: the number itself, then the narrowest span, a range before a
    -- prefix of its width.
   CROSS JOIN LATERAL (
         SELECT DISTINCT ON (h.rant_id) h.id, h.rant_id, h.kind, h.spelling, h.cor
           FROM (SELECT p.id, p.rant_id, p.kind, coalesce(p.spelling, p.value) AS spelling, p.cor, p.span,
                        0::numeric AS width
                   FROM sppp.public_identifier p WHERE p.value = r.value AND p.kind = r.kind
                 UNION ALL
                 SELECT p.id, p.rant_id, p.kind, coalesce(p.spelling, p.value), p.cor, p.span, sppp.width(p.span)
                   FROM sppp.public_identifier p WHERE r.kind = 'TN' AND p.span @> r.value) h
          ORDER BY h.rant_id, h.width, h.kind, lower(h.span) DESC, upper(h.span)) i
   CROSS JOIN LATERAL (SELECT o.org_id FROM sppp.organization o WHERE o.id = i.rant_id AND o.suspended_at IS NULL
                        OFFSET 0) rant
    LEFT JOIN LATERAL (
         SELECT t.destination_group_id, t.position, d.name
           FROM sppp.destination_group_member t JOIN sppp.destination_group d ON d.id = t.destination_group_id
          WHERE t.public_identifier_id = i.id OFFSET 0) m ON true
    -- SED groups in service that the asker owns or has accepted, for this source, each once.
    LEFT JOIN LATERAL (
         SELECT t.id, t.name, t.priority
           FROM sppp.sed_group_dest_grp l
           JOIN sppp.sed_group t ON t.id = l.sed_group_id
           LEFT JOIN sppp.sed_group_offer f ON f.sed_group_id = t.id AND f.offered_to_id = asker.id
          WHERE l.destination_group_id = m.destination_group_id AND t.is_in_svc
            AND (i.rant_id = asker.id OR f.status = 'accepted')
            AND (m.position = 0 OR NOT sppp.is_reached_before(i.id, m.position, t.id))
            AND ((SELECT count(*) FROM sppp.sed_group_source_ident c WHERE c.sed_group_id = t.id) = 0
                 OR sppp.is_for_source(t.id, source_uris[q.nth], source_ips[q.nth], root_domains[q.nth]))
         OFFSET 0) g ON true
    -- Records of the group; or the number's own, for everybody, if it is in no destination group (RFC 7877 §6.2).
   CROSS JOIN LATERAL (
         SELECT t.sed_record_id, t.priority FROM sppp.sed_group_sed_record t WHERE t.sed_group_id = g.id
         UNION ALL
         SELECT t.sed_record_id, t.priority FROM sppp.public_identifier_sed_record t
          WHERE m.destination_group_id IS NULL AND t.public_identifier_id = i.id
         OFFSET 0) x
   CROSS JOIN LATERAL (SELECT * FROM sppp.answerable t WHERE t.id = x.sed_record_id OFFSET 0) s
    LEFT JOIN LATERAL sppp.rewrites(
         (SELECT w.rant_id FROM sppp.egress_route w WHERE w.rant_id = asker.id LIMIT 1), g.id, s.svcs, s.regx_repl)
         e ON true
   ORDER BY q.nth, g.priority, x.priority, s.naptr_order, e.pref, i.rant_id, g.id, s.id, e.id;
END $$;

-- As before, and says of suspended organizations that they are.
CREATE OR REPLACE FUNCTION sppp_api.explain(identifier text, asker text, source_uri text DEFAULT NULL, source_ip text DEFAULT NULL,
                                 root_domain text DEFAULT NULL)
  RETURNS TABLE ("position" integer, verdict text, step text, reason text, decided_by text, registrant text,
                 matched_kind text, matched_identifier text, destination_group text, sed_group text,
                 record_registrant text, sed_record text, egress_route text, final_uri text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
  SET search_path = '' SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  asker_id integer;
  is_suspended boolean;
  sought record;
  identified record;
  seen integer[] := '{}';
  bests text[] := '{}';
  member record;
  memberships integer;
  grp record;
  source record;
  group_ids bigint[] := '{}';
  -- SED groups that answer, and numbers that have records of their own, each with what led to it.
  leads jsonb[] := '{}';
  rec record;
  answers integer := 0;
BEGIN
  verdict := 'dropped';
  SELECT o.id, o.suspended_at IS NOT NULL INTO asker_id, is_suspended
    FROM sppp.organization o WHERE o.org_id = asker AND o.removed_at IS NULL;
  SELECT * INTO sought FROM sppp.read_identifier(identifier);
  IF asker_id IS NULL OR is_suspended OR sought.value IS NULL THEN
    step := CASE WHEN asker_id IS NULL OR is_suspended THEN 'asker' ELSE 'identifier' END;
    reason := CASE WHEN asker_id IS NULL THEN 'no such organization'
                   WHEN is_suspended THEN 'the asker is suspended' ELSE 'not a number' END;
    decided_by := CASE step WHEN 'asker' THEN asker ELSE identifier END;
    RETURN NEXT;
    RETURN;
  END IF;

  FOR identified IN
    SELECT i.id, i.rant_id, o.org_id, o.suspended_at, i.kind, coalesce(i.spelling, i.value) AS spelling
      FROM sppp.public_identifier i JOIN sppp.organization o ON o.id = i.rant_id
     WHERE i.value = sought.value AND i.kind = sought.kind OR sought.kind = 'TN' AND i.span @> sought.value
     ORDER BY CASE WHEN i.span IS NOT NULL THEN sppp.width(i.span) ELSE 0 END, i.kind, lower(i.span) DESC, upper(i.span),
              i.rant_id
  LOOP
    registrant := identified.org_id;
    matched_kind := identified.kind;
    matched_identifier := identified.spelling;
    destination_group := NULL;
    sed_group := NULL;
    IF identified.suspended_at IS NOT NULL THEN
      step := 'identifier';
      reason := 'the registrant is suspended';
      decided_by := identified.org_id;
      RETURN NEXT;
      seen := seen || identified.rant_id;
      bests := bests || identified.spelling;
      CONTINUE;
    END IF;
    IF identified.rant_id = ANY (seen) THEN
      step := 'identifier';
      reason := 'a more specific identifier of the registrant counts';
      decided_by := bests[array_position(seen, identified.rant_id)];
      RETURN NEXT;
      CONTINUE;
    END IF;
    seen := seen || identified.rant_id;
    bests := bests || identified.spelling;
    memberships := 0;

    FOR member IN
      SELECT m.destination_group_id, d.name
        FROM sppp.destination_group_member m JOIN sppp.destination_group d ON d.id = m.destination_group_id
       WHERE m.public_identifier_id = identified.id ORDER BY m.position
    LOOP
      memberships := memberships + 1;
      destination_group := member.name;
      sed_group := NULL;
      IF NOT EXISTS (SELECT FROM sppp.sed_group_dest_grp l WHERE l.destination_group_id = member.destination_group_id) THEN
        step := 'destination group';
        reason := 'the destination group is in no SED group';
        decided_by := member.name;
        RETURN NEXT;
      END IF;
      FOR grp IN
        SELECT t.id, t.name, t.priority, t.is_in_svc, f.status, identified.rant_id = asker_id AS is_own
          FROM sppp.sed_group_dest_grp l
          JOIN sppp.sed_group t ON t.id = l.sed_group_id
          LEFT JOIN sppp.sed_group_offer f ON f.sed_group_id = t.id AND f.offered_to_id = asker_id
         WHERE l.destination_group_id = member.destination_group_id
         ORDER BY t.id
      LOOP
        sed_group := grp.name;
        step := NULL;
        reason := CASE WHEN grp.is_own THEN 'the SED group is the asker''s own'
                       ELSE 'the asker is a peer of the SED group' END;
        decided_by := asker;
        IF NOT grp.is_in_svc THEN
          step := 'service';
          reason := 'the SED group is not in service';
          decided_by := grp.name;
        ELSIF NOT grp.is_own AND grp.status IS DISTINCT FROM 'accepted' THEN
          step := 'peer';
          reason := CASE WHEN grp.status IS NULL THEN 'the SED group is not offered to the asker'
                         ELSE 'the asker has not accepted the offer' END;
        ELSIF grp.id = ANY (group_ids) THEN
          step := 'destination group';
          reason := 'another destination group leads to the SED group already';
          decided_by := (SELECT l ->> 'destination_group' FROM unnest(leads) l WHERE (l ->> 'group_id')::bigint = grp.id);
        ELSE
          FOR source IN
            SELECT i.scheme || ' ' || i.regex AS criterion,
                   CASE i.scheme WHEN 'uri' THEN nullif(source_uri, '') ~* i.regex
                                 WHEN 'rootDomain' THEN nullif(root_domain, '') ~* i.regex
                                 ELSE sppp.read_address(source_ip) ~ i.regex END AS matches
              FROM sppp.sed_group_source_ident i WHERE i.sed_group_id = grp.id ORDER BY i.position
          LOOP
            IF source.matches THEN
              step := NULL;
              reason := reason || ', for this source';
              decided_by := source.criterion;
              EXIT;
            END IF;
            decided_by := CASE WHEN step IS NULL THEN '' ELSE decided_by || ', ' END || source.criterion;
            step := 'source';
          END LOOP;
          IF step IS NOT NULL THEN
            reason := 'no source criterion matches';
          END IF;
        END IF;
        IF step IS NULL THEN
          group_ids := group_ids || grp.id;
          leads := leads || jsonb_build_object(
            'group_id', grp.id, 'priority', grp.priority, 'rant_id', identified.rant_id, 'registrant', registrant,
            'kind', matched_kind, 'identifier', matched_identifier, 'destination_group', destination_group,
            'sed_group', sed_group, 'reason', reason, 'decided_by', decided_by);
          IF NOT EXISTS (SELECT FROM sppp.sed_group_sed_record x WHERE x.sed_group_id = grp.id) THEN
            step := 'record';
            reason := 'the SED group has no SED records';
            decided_by := grp.name;
          END IF;
        END IF;
        IF step IS NOT NULL THEN
          RETURN NEXT;
        END IF;
      END LOOP;
    END LOOP;

    sed_group := NULL;
    IF EXISTS (SELECT FROM sppp.public_identifier_sed_record x WHERE x.public_identifier_id = identified.id) THEN
      leads := leads || jsonb_build_object(
        'number_id', identified.id, 'rant_id', identified.rant_id, 'registrant', registrant, 'kind', matched_kind,
        'identifier', matched_identifier, 'destination_group', destination_group,
        'reason', 'a record of a number that is in no destination group', 'decided_by', matched_identifier);
    ELSIF memberships = 0 THEN
      step := 'destination group';
      reason := CASE WHEN matched_kind = 'TN' THEN 'in no destination group, and without SED records of its own'
                     ELSE 'in no destination group' END;
      decided_by := matched_identifier;
      RETURN NEXT;
    END IF;
  END LOOP;
  IF seen = '{}' THEN
    step := 'identifier';
    reason := 'no public identifier holds it';
    decided_by := sought.value;
    RETURN NEXT;
  END IF;

  -- Their records, each as it is and as every egress route of the asker would rewrite it.
  FOR rec IN
    SELECT l.lead, s.name, s.is_in_svc, s.ere, coalesce(e.template, s.regx_repl, s.uri) AS target, owner.org_id AS owner,
           e.name AS route, e.svcs AS route_svcs, e.ere AS route_ere, e.is_selected, e.template,
           min(e.name) FILTER (WHERE e.template IS NOT NULL) OVER (PARTITION BY l.nth, s.id) AS rewritten_by
      FROM unnest(leads) WITH ORDINALITY AS l(lead, nth)
     CROSS JOIN LATERAL (
           SELECT t.sed_record_id, t.priority FROM sppp.sed_group_sed_record t
            WHERE t.sed_group_id = (l.lead ->> 'group_id')::bigint
           UNION ALL
           SELECT t.sed_record_id, t.priority FROM sppp.public_identifier_sed_record t
            WHERE t.public_identifier_id = (l.lead ->> 'number_id')::bigint) x
      JOIN sppp.sed_record s ON s.id = x.sed_record_id
      JOIN sppp.organization owner ON owner.id = s.rant_id
     CROSS JOIN LATERAL (
           SELECT t.id, t.name, t.pref, t.svcs, t.ere, sppp.svcs_select(t.svcs, s.svcs) AS is_selected,
                  CASE WHEN sppp.svcs_select(t.svcs, s.svcs)
                       THEN sppp.substitute_stepwise(s.regx_repl, t.ere, t.repl, true) END AS template
             FROM sppp.egress_route t
             JOIN sppp.egress_route_sed_group n ON n.egress_route_id = t.id
            WHERE t.rant_id = asker_id AND n.sed_group_id = (l.lead ->> 'group_id')::bigint
              AND s.kind = 'NAPTR' AND s.ere IS NOT NULL AND s.is_in_svc
           UNION ALL
           SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL) e
     ORDER BY (l.lead ->> 'priority')::integer, x.priority, s.naptr_order, e.pref, (l.lead ->> 'rant_id')::integer,
              (l.lead ->> 'group_id')::bigint, s.id, e.id
  LOOP
    registrant := rec.lead ->> 'registrant';
    matched_kind := rec.lead ->> 'kind';
    matched_identifier := rec.lead ->> 'identifier';
    destination_group := rec.lead ->> 'destination_group';
    sed_group := rec.lead ->> 'sed_group';
    record_registrant := rec.owner;
    sed_record := rec.name;
    egress_route := rec.route;
    position := NULL;
    verdict := 'dropped';
    final_uri := NULL;
    IF sed_group IS NULL AND destination_group IS NOT NULL THEN
      step := 'destination group';
      reason := 'a number in a destination group has its SED through SED groups';
      decided_by := destination_group;
    ELSIF NOT rec.is_in_svc THEN
      step := 'record';
      reason := 'the SED record is not in service';
      decided_by := rec.name;
    ELSIF rec.route IS NOT NULL AND NOT rec.is_selected THEN
      step := 'egress route';
      reason := 'the egress route is for other services';
      decided_by := rec.route_svcs;
    ELSIF rec.route IS NOT NULL AND rec.template IS NULL THEN
      step := 'egress route';
      reason := 'the rule of the egress route does not match the replacement of the NAPTR';
      decided_by := rec.route_ere;
    ELSIF rec.route IS NULL AND rec.rewritten_by IS NOT NULL THEN
      step := 'egress route';
      reason := 'rewritten by an egress route of the asker';
      decided_by := rec.rewritten_by;
    ELSE
      verdict := 'kept';
      step := 'answer';
      reason := rec.lead ->> 'reason';
      decided_by := rec.lead ->> 'decided_by';
      answers := answers + 1;
      position := answers;
      final_uri := sppp.substitute(sought.subject, rec.ere, rec.target);
      IF rec.ere IS NOT NULL AND final_uri IS NULL THEN
        reason := 'its pattern does not match: no final URI';
        decided_by := rec.ere;
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

CREATE OR REPLACE VIEW sppp_api.organization AS
  SELECT o.org_id, o.name, o.created_at, o.trace, o.suspended_at FROM sppp.organization o WHERE o.removed_at IS NULL;

CREATE OR REPLACE VIEW sppp_api.credential AS
  SELECT rar.org_id AS registrar, c.username, c.label, c.valid_from, c.valid_until, c.revoked_at, c.created_at,
         c.revoked_at IS NULL AND c.valid_from <= now() AND coalesce(now() < c.valid_until, true)
         AND rar.suspended_at IS NULL AS is_valid, c.former_valid_until
    FROM sppp.credential c
    JOIN sppp.organization rar ON rar.id = c.registrar_id;

COMMENT ON COLUMN sppp_api.organization.suspended_at IS 'Since when it is let in and answered no longer; NULL: it is not suspended';
COMMENT ON COLUMN sppp_api.credential.former_valid_until IS 'Until when the password before this one is let in too; NULL: it is not';
