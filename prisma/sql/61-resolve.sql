-- Resolution: the session establishment data of an identifier, in order, for an asker and a source (RFC 7877 §6.3, §6.4,
-- §6.6).

-- Whether an SED group is for this source (RFC 7877 §6.3): it has no criteria, or one of them matches. An absent value
-- matches nothing.
CREATE OR REPLACE FUNCTION sppp.is_for_source(group_id bigint, source_uri text, source_ip text, root_domain text) RETURNS boolean
  LANGUAGE sql STABLE
  RETURN (SELECT coalesce(bool_or(coalesce(
                   CASE c.scheme WHEN 'uri' THEN nullif(source_uri, '') ~* c.regex
                                 WHEN 'rootDomain' THEN nullif(root_domain, '') ~* c.regex
                                 ELSE sppp.read_address(source_ip) ~ c.regex END, false)), true)
            FROM sppp.sed_group_source_ident c WHERE c.sed_group_id = group_id);

-- Whether an earlier destination group of the identifier leads to the SED group as well.
CREATE OR REPLACE FUNCTION sppp.is_reached_before(identifier_id bigint, at_position integer, group_id bigint) RETURNS boolean
  LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM sppp.destination_group_member m
                   JOIN sppp.sed_group_dest_grp l
                     ON l.destination_group_id = m.destination_group_id AND l.sed_group_id = group_id
                  WHERE m.public_identifier_id = identifier_id AND m.position < at_position);

-- SED records in service, with the columns of an answer (src/registry/rows/sed-rec-columns.ts).
CREATE OR REPLACE VIEW sppp.sed_record_in_service AS
  SELECT s.id, (SELECT o.org_id FROM sppp.organization o WHERE o.id = s.rant_id) AS record_registrant,
         s.name AS sed_record, s.kind::text AS kind, s.sed_function::text AS sed_function, s.naptr_order, s.svcs, s.flags,
         s.ere, s.regx_repl, s.repl, s.uri, s.host_name,
         CASE WHEN s.kind = 'NS' THEN ARRAY(SELECT a.addr FROM sppp.sed_record_ip_addr a
                                             WHERE a.sed_record_id = s.id ORDER BY a.position) END AS ip_addresses, s.ttl
    FROM sppp.sed_record s
   WHERE s.is_in_svc;

-- From identifiers to SED records, in order, for several questions at once: setting up the plan takes longer than
-- answering one. Equal priorities are ordered by age: of the registrant, the SED group, the SED record, the egress route.
-- A suspended asker gets no answer, and nobody gets the objects of a suspended registrant.
--
-- Each table is entered by one key. The settings and OFFSET 0 keep the planner to that, whatever the statistics of a
-- freshly loaded database say. Functions do what is rare. Splitting the statement would cost a plan per part.
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
           FROM (SELECT p.id, p.rant_id, p.kind, sppp.spelled(p.spelling, p.value) AS spelling, p.cor, p.span,
                        0::numeric AS width
                   FROM sppp.public_identifier p WHERE p.value = r.value AND p.kind = r.kind
                 UNION ALL
                 SELECT p.id, p.rant_id, p.kind, sppp.spelled(p.spelling, p.value), p.cor, p.span, sppp.width(p.span)
                   FROM sppp.public_identifier p WHERE r.kind = 'TN' AND p.span @> r.value) h
          ORDER BY h.rant_id, h.width, h.kind, lower(h.span) DESC, upper(h.span)) i
   CROSS JOIN LATERAL (SELECT o.org_id FROM sppp.organization o WHERE o.id = i.rant_id AND o.suspended_at IS NULL
                        OFFSET 0) rant
    LEFT JOIN LATERAL (
         SELECT t.destination_group_id, t.position,
                (SELECT d.name FROM sppp.destination_group d WHERE d.id = t.destination_group_id) AS name
           FROM sppp.destination_group_member t WHERE t.public_identifier_id = i.id OFFSET 0) m ON true
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
   CROSS JOIN LATERAL (SELECT * FROM sppp.sed_record_in_service t WHERE t.id = x.sed_record_id OFFSET 0) s
    LEFT JOIN LATERAL sppp.rewrites(
         (SELECT w.rant_id FROM sppp.egress_route w WHERE w.rant_id = asker.id LIMIT 1), g.id, s.svcs, s.regx_repl)
         e ON true
   ORDER BY q.nth, g.priority, x.priority, s.naptr_order, e.pref, i.rant_id, g.id, s.id, e.id;
END $$;

-- The answers to several questions; "position" counts through all of them.
CREATE OR REPLACE FUNCTION sppp.resolve_all(identifiers text[], askers text[], source_uris text[], source_ips text[],
                                 root_domains text[])
  RETURNS TABLE (question integer, "position" integer, registrant text, matched_kind text, matched_identifier text,
                 cor boolean, destination_group text, sed_group text, group_priority integer, record_registrant text,
                 sed_record text, kind text, sed_function text, record_priority integer, naptr_order integer,
                 egress_route text, pref integer, svcs text, flags text, ere text, regx_repl text, repl text, uri text,
                 host_name text, ip_addresses text[], ttl integer, final_uri text)
  LANGUAGE sql STABLE ROWS 4
BEGIN ATOMIC
  SELECT a.question, a.position::integer, a.registrant, a.matched_kind, a.matched_identifier, a.cor,
         a.destination_group, a.sed_group, a.group_priority, a.record_registrant, a.sed_record, a.kind, a.sed_function,
         a.record_priority, a.naptr_order, a.egress_route, a.pref, a.svcs, a.flags, a.ere,
         coalesce(a.template, a.regx_repl), a.repl, a.uri, a.host_name, a.ip_addresses, a.ttl,
         sppp.substitute(a.subject, a.ere, coalesce(a.template, a.regx_repl, a.uri))
    FROM sppp.answer(identifiers, askers, source_uris, source_ips, root_domains)
         WITH ORDINALITY AS a(question, subject, registrant, matched_kind, matched_identifier, cor, destination_group,
                              sed_group, group_priority, record_priority, egress_route, pref, template, sed_record_id,
                              record_registrant, sed_record, kind, sed_function, naptr_order, svcs, flags, ere,
                              regx_repl, repl, uri, host_name, ip_addresses, ttl, position);
END;

CREATE OR REPLACE FUNCTION sppp_api.resolve(identifier text, asker text, source_uri text DEFAULT NULL, source_ip text DEFAULT NULL,
                                 root_domain text DEFAULT NULL)
  RETURNS TABLE ("position" integer, registrant text, matched_kind text, matched_identifier text, cor boolean,
                 destination_group text, sed_group text, group_priority integer, record_registrant text,
                 sed_record text, kind text, sed_function text, record_priority integer, naptr_order integer,
                 egress_route text, pref integer, svcs text, flags text, ere text, regx_repl text, repl text, uri text,
                 host_name text, ip_addresses text[], ttl integer, final_uri text)
  LANGUAGE sql STABLE ROWS 4
BEGIN ATOMIC
  SELECT r.position, r.registrant, r.matched_kind, r.matched_identifier, r.cor, r.destination_group, r.sed_group,
         r.group_priority, r.record_registrant, r.sed_record, r.kind, r.sed_function, r.record_priority, r.naptr_order,
         r.egress_route, r.pref, r.svcs, r.flags, r.ere, r.regx_repl, r.repl, r.uri, r.host_name, r.ip_addresses, r.ttl,
         r.final_uri
    FROM sppp.resolve_all(ARRAY[identifier], ARRAY[asker], ARRAY[source_uri], ARRAY[source_ip], ARRAY[root_domain]) r;
END;

COMMENT ON FUNCTION sppp_api.resolve IS 'The session establishment data for an identifier, asked by an organization from a source, in order; identifiers are digits with or without +, rn= and digits, or a URI';
REVOKE ALL ON FUNCTION sppp_api.resolve FROM PUBLIC;
DO $$
BEGIN
  IF to_regrole('sppp_operator') IS NOT NULL THEN
    GRANT EXECUTE ON FUNCTION sppp_api.resolve TO sppp_operator;
  END IF;
END $$;
