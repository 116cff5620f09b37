-- The question of sppp_api.resolve with every candidate: the step at which it was kept or dropped, and the value that
-- decided. It goes step by step where resolve takes one statement; a test holds the two against each other.

-- The identifiers that hold the sought one, the most specific first. Those that do not count have a reason.
CREATE OR REPLACE FUNCTION sppp.explain_identifiers(sought_kind sppp.public_identifier_kind, sought_value text)
  RETURNS TABLE (nth bigint, id bigint, rant_id integer, registrant text, kind text, spelling text, reason text,
                 decided_by text)
  LANGUAGE sql STABLE
AS $$
  SELECT i.nth, i.id, i.rant_id, i.org_id, i.kind::text, i.spelling,
         CASE WHEN i.suspended_at IS NOT NULL THEN 'the registrant is suspended'
              WHEN row_number() OVER of_registrant > 1 THEN 'a more specific identifier of the registrant counts' END,
         CASE WHEN i.suspended_at IS NOT NULL THEN i.org_id
              WHEN row_number() OVER of_registrant > 1 THEN first_value(i.spelling) OVER of_registrant END
    FROM (SELECT p.id, p.rant_id, o.org_id, o.suspended_at, p.kind, sppp.spelled(p.spelling, p.value) AS spelling,
                 row_number() OVER (ORDER BY CASE WHEN p.span IS NOT NULL THEN sppp.width(p.span) ELSE 0 END, p.kind,
                                             lower(p.span) DESC, upper(p.span), p.rant_id) AS nth
            FROM sppp.public_identifier p JOIN sppp.organization o ON o.id = p.rant_id
           WHERE p.value = sought_value AND p.kind = sought_kind OR sought_kind = 'TN' AND p.span @> sought_value) i
  WINDOW of_registrant AS (PARTITION BY i.rant_id ORDER BY i.nth)
$$;

-- Whether an SED group answers an asker from a source. The step is NULL if it does.
CREATE OR REPLACE FUNCTION sppp.explain_group(group_id bigint, is_own boolean, asker text, source_uri text,
                                              source_ip text, root_domain text,
                                              OUT step text, OUT reason text, OUT decided_by text)
  LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
DECLARE
  grp    record;
  source record;
BEGIN
  SELECT t.name, t.is_in_svc, f.status INTO grp
    FROM sppp.sed_group t
    LEFT JOIN sppp.organization o ON o.org_id = asker
    LEFT JOIN sppp.sed_group_offer f ON f.sed_group_id = t.id AND f.offered_to_id = o.id
   WHERE t.id = group_id;
  IF NOT grp.is_in_svc THEN
    step := 'service';
    reason := 'the SED group is not in service';
    decided_by := grp.name;
    RETURN;
  ELSIF NOT is_own AND grp.status IS DISTINCT FROM 'accepted' THEN
    step := 'peer';
    reason := CASE WHEN grp.status IS NULL THEN 'the SED group is not offered to the asker'
                   ELSE 'the asker has not accepted the offer' END;
    decided_by := asker;
    RETURN;
  END IF;
  SELECT string_agg(c.criterion, ', ' ORDER BY c.position) AS criteria,
         (array_agg(c.criterion ORDER BY c.position) FILTER (WHERE c.matches))[1] AS matching INTO source
    FROM (SELECT i.position, i.scheme || ' ' || i.regex AS criterion,
                 CASE i.scheme WHEN 'uri' THEN nullif(source_uri, '') ~* i.regex
                               WHEN 'rootDomain' THEN nullif(root_domain, '') ~* i.regex
                               ELSE sppp.read_address(source_ip) ~ i.regex END AS matches
            FROM sppp.sed_group_source_ident i WHERE i.sed_group_id = group_id) c;
  IF source.criteria IS NOT NULL AND source.matching IS NULL THEN
    step := 'source';
    reason := 'no source criterion matches';
    decided_by := source.criteria;
    RETURN;
  END IF;
  reason := CASE WHEN is_own THEN 'the SED group is the asker''s own' ELSE 'the asker is a peer of the SED group' END
            || CASE WHEN source.matching IS NULL THEN '' ELSE ', for this source' END;
  decided_by := coalesce(source.matching, asker);
END $$;

-- The ways from an identifier that counts to SED records: by its destination groups to SED groups, or to records of its
-- own. The step is NULL for those that lead on.
CREATE OR REPLACE FUNCTION sppp.explain_ways(identifier_id bigint, is_own boolean, asker text, source_uri text,
                                             source_ip text, root_domain text)
  RETURNS TABLE ("position" integer, destination_group text, group_id bigint, sed_group text, priority integer,
                 step text, reason text, decided_by text)
  LANGUAGE sql STABLE
AS $$
  WITH member AS (
    SELECT m.position, m.destination_group_id, d.name
      FROM sppp.destination_group_member m JOIN sppp.destination_group d ON d.id = m.destination_group_id
     WHERE m.public_identifier_id = identifier_id),
  way AS (
    SELECT m.position, m.name AS destination_group, t.id, t.name, t.priority, e.step, e.reason, e.decided_by,
           row_number() OVER of_group > 1 AS is_reached, first_value(m.name) OVER of_group AS first_group,
           EXISTS (SELECT FROM sppp.sed_group_sed_record x WHERE x.sed_group_id = t.id) AS has_records
      FROM member m
      LEFT JOIN (sppp.sed_group_dest_grp l JOIN sppp.sed_group t ON t.id = l.sed_group_id)
        ON l.destination_group_id = m.destination_group_id
      LEFT JOIN LATERAL sppp.explain_group(t.id, is_own, asker, source_uri, source_ip, root_domain) e ON t.id IS NOT NULL
    WINDOW of_group AS (PARTITION BY t.id ORDER BY m.position)),
  own AS (
    SELECT p.value, p.spelling, p.kind, (SELECT m.name FROM member m ORDER BY m.position DESC LIMIT 1) AS last_group,
           EXISTS (SELECT FROM sppp.public_identifier_sed_record x WHERE x.public_identifier_id = p.id) AS has_records
      FROM sppp.public_identifier p WHERE p.id = identifier_id)
  SELECT w.position, w.destination_group, w.id, w.name, w.priority, why.*
    FROM way w
   CROSS JOIN LATERAL (
     SELECT 'destination group', 'the destination group is in no SED group', w.destination_group WHERE w.id IS NULL
     UNION ALL
     SELECT w.step, w.reason, w.decided_by WHERE w.step IS NOT NULL
     UNION ALL
     SELECT 'destination group', 'another destination group leads to the SED group already', w.first_group
      WHERE w.id IS NOT NULL AND w.step IS NULL AND w.is_reached
     UNION ALL
     SELECT 'record', 'the SED group has no SED records', w.name
      WHERE w.id IS NOT NULL AND w.step IS NULL AND NOT w.is_reached AND NOT w.has_records
     UNION ALL
     SELECT NULL, w.reason, w.decided_by WHERE w.step IS NULL AND NOT w.is_reached AND w.has_records) why
  UNION ALL
  SELECT NULL, o.last_group, NULL, NULL, NULL, CASE WHEN NOT o.has_records THEN 'destination group' END,
         CASE WHEN o.has_records THEN 'a record of a number that is in no destination group'
              WHEN o.kind = 'TN' THEN 'in no destination group, and without SED records of its own'
              ELSE 'in no destination group' END, sppp.spelled(o.spelling, o.value)
    FROM own o WHERE o.has_records OR o.last_group IS NULL
$$;

-- All ways from the sought identifier to SED records, in order. The step is NULL for those that lead on.
CREATE OR REPLACE FUNCTION sppp.explain_all_ways(sought_kind sppp.public_identifier_kind, sought_value text, asker text,
                                                 source_uri text, source_ip text, root_domain text)
  RETURNS TABLE (nth bigint, identifier_id bigint, rant_id integer, registrant text, kind text, spelling text,
                 destination_group text, group_id bigint, sed_group text, priority integer, step text, reason text,
                 decided_by text)
  LANGUAGE sql STABLE
AS $$
  SELECT row_number() OVER (ORDER BY i.nth, w.position, w.group_id), i.id, i.rant_id, i.registrant, i.kind, i.spelling, w.destination_group, w.group_id,
         w.sed_group, w.priority, CASE WHEN i.reason IS NULL THEN w.step ELSE 'identifier' END,
         coalesce(i.reason, w.reason), CASE WHEN i.reason IS NULL THEN w.decided_by ELSE i.decided_by END
    FROM sppp.explain_identifiers(sought_kind, sought_value) i
    LEFT JOIN LATERAL sppp.explain_ways(i.id, i.registrant = asker, asker, source_uri, source_ip, root_domain) w
      ON i.reason IS NULL
$$;

-- The SED records that ways lead to, each as it is and as every egress route of the asker would rewrite it.
CREATE OR REPLACE FUNCTION sppp.explain_records(sought_kind sppp.public_identifier_kind, sought_value text, asker text,
                                                source_uri text, source_ip text, root_domain text)
  RETURNS TABLE (nth bigint, outcome text, registrant text, kind text, spelling text, destination_group text,
                 sed_group text, reason text, decided_by text, record_registrant text, sed_record text, ere text,
                 target text, egress_route text, route_svcs text, route_ere text, rewritten_by text)
  LANGUAGE sql STABLE
AS $$
  SELECT row_number() OVER (ORDER BY r.priority, r.record_priority, r.naptr_order, r.pref, r.rant_id, r.group_id, r.id,
                                     r.route_id),
         CASE WHEN r.sed_group IS NULL AND r.destination_group IS NOT NULL THEN 'number in a group'
              WHEN NOT r.is_in_svc THEN 'out of service'
              WHEN r.route IS NOT NULL AND NOT r.is_selected THEN 'other services'
              WHEN r.route IS NOT NULL AND r.template IS NULL THEN 'no match'
              WHEN r.route IS NULL AND r.rewritten_by IS NOT NULL THEN 'rewritten'
              ELSE 'kept' END,
         r.registrant, r.kind, r.spelling, r.destination_group, r.sed_group, r.reason, r.decided_by, r.owner, r.name,
         r.ere, coalesce(r.template, r.regx_repl, r.uri), r.route, r.route_svcs, r.route_ere, r.rewritten_by
    FROM (SELECT w.*, x.priority AS record_priority, s.id, s.name, s.naptr_order, s.is_in_svc, s.ere, s.regx_repl, s.uri,
                 owner.org_id AS owner, e.id AS route_id, e.name AS route, e.pref, e.svcs AS route_svcs,
                 e.ere AS route_ere, e.is_selected, e.template,
                 min(e.name) FILTER (WHERE e.template IS NOT NULL) OVER (PARTITION BY w.nth, s.id) AS rewritten_by
            FROM sppp.explain_all_ways(sought_kind, sought_value, asker, source_uri, source_ip, root_domain) w
           CROSS JOIN LATERAL (
                 SELECT t.sed_record_id, t.priority FROM sppp.sed_group_sed_record t WHERE t.sed_group_id = w.group_id
                 UNION ALL
                 SELECT t.sed_record_id, t.priority FROM sppp.public_identifier_sed_record t
                  WHERE w.group_id IS NULL AND t.public_identifier_id = w.identifier_id) x
            JOIN sppp.sed_record s ON s.id = x.sed_record_id
            JOIN sppp.organization owner ON owner.id = s.rant_id
           CROSS JOIN LATERAL (
                 SELECT t.id, t.name, t.pref, t.svcs, t.ere, sppp.svcs_select(t.svcs, s.svcs) AS is_selected,
                        CASE WHEN sppp.svcs_select(t.svcs, s.svcs)
                             THEN sppp.substitute_stepwise(s.regx_repl, t.ere, t.repl, true) END AS template
                   FROM sppp.egress_route t
                   JOIN sppp.egress_route_sed_group n ON n.egress_route_id = t.id
                   JOIN sppp.organization o ON o.id = t.rant_id
                  WHERE o.org_id = asker AND n.sed_group_id = w.group_id
                    AND s.kind = 'NAPTR' AND s.ere IS NOT NULL AND s.is_in_svc
                 UNION ALL
                 SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL) e
           WHERE w.step IS NULL) r
$$;

CREATE OR REPLACE FUNCTION sppp_api.explain(identifier text, asker text, source_uri text DEFAULT NULL,
                                            source_ip text DEFAULT NULL, root_domain text DEFAULT NULL)
  RETURNS TABLE ("position" integer, verdict text, step text, reason text, decided_by text, registrant text,
                 matched_kind text, matched_identifier text, destination_group text, sed_group text,
                 record_registrant text, sed_record text, egress_route text, final_uri text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
  SET search_path = '' SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  sought record;
  org    record;
BEGIN
  verdict := 'dropped';
  SELECT * INTO sought FROM sppp.read_identifier(identifier);
  SELECT o.id, o.suspended_at IS NOT NULL AS is_suspended INTO org
    FROM sppp.organization o WHERE o.org_id = asker AND o.removed_at IS NULL;
  IF org.id IS NULL OR org.is_suspended OR sought.value IS NULL THEN
    step := CASE WHEN org.id IS NULL OR org.is_suspended THEN 'asker' ELSE 'identifier' END;
    reason := CASE WHEN org.id IS NULL THEN 'no such organization'
                   WHEN org.is_suspended THEN 'the asker is suspended' ELSE 'not a number' END;
    decided_by := CASE step WHEN 'asker' THEN asker ELSE identifier END;
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY
  SELECT NULL::integer, 'dropped', w.step, w.reason, w.decided_by, w.registrant, w.kind, w.spelling,
         w.destination_group, w.sed_group, NULL::text, NULL::text, NULL::text, NULL::text
    FROM sppp.explain_all_ways(sought.kind, sought.value, asker, source_uri, source_ip, root_domain) w
   WHERE w.step IS NOT NULL ORDER BY w.nth;
  IF NOT EXISTS (SELECT FROM sppp.explain_identifiers(sought.kind, sought.value)) THEN
    step := 'identifier';
    reason := 'no public identifier holds it';
    decided_by := sought.value;
    RETURN NEXT;
    RETURN;
  END IF;
  RETURN QUERY
  SELECT CASE r.outcome WHEN 'kept' THEN (count(*) FILTER (WHERE r.outcome = 'kept') OVER (ORDER BY r.nth))::integer END,
         CASE r.outcome WHEN 'kept' THEN 'kept' ELSE 'dropped' END, why.*, r.registrant, r.kind, r.spelling,
         r.destination_group, r.sed_group, r.record_registrant, r.sed_record, r.egress_route, uri.final
    FROM sppp.explain_records(sought.kind, sought.value, asker, source_uri, source_ip, root_domain) r
   CROSS JOIN LATERAL (
     SELECT CASE r.outcome WHEN 'kept' THEN sppp.substitute(sought.subject, r.ere, r.target) END AS final) uri
   CROSS JOIN LATERAL (
     SELECT v.step, v.reason, v.decided_by
       FROM (VALUES
         ('number in a group', 'destination group', 'a number in a destination group has its SED through SED groups',
          r.destination_group),
         ('out of service', 'record', 'the SED record is not in service', r.sed_record),
         ('other services', 'egress route', 'the egress route is for other services', r.route_svcs),
         ('no match', 'egress route', 'the rule of the egress route does not match the replacement of the NAPTR',
          r.route_ere),
         ('rewritten', 'egress route', 'rewritten by an egress route of the asker', r.rewritten_by),
         ('kept', 'answer', CASE WHEN r.ere IS NULL OR uri.final IS NOT NULL THEN r.reason
                                 ELSE 'its pattern does not match: no final URI' END,
          CASE WHEN r.ere IS NULL OR uri.final IS NOT NULL THEN r.decided_by ELSE r.ere END)
       ) AS v(outcome, step, reason, decided_by) WHERE v.outcome = r.outcome) why
   ORDER BY r.nth;
END $$;
COMMENT ON FUNCTION sppp_api.explain IS 'The same question with every candidate, the step at which it was kept or dropped, and the value that decided';
REVOKE ALL ON FUNCTION sppp_api.explain FROM PUBLIC;
DO $$
BEGIN
  IF to_regrole('sppp_operator') IS NOT NULL THEN
    GRANT EXECUTE ON FUNCTION sppp_api.explain TO sppp_operator;
  END IF;
END $$;
