-- Resolution: for this identifier, asked by this organization, from this source, which session establishment data, in
-- which order, and why (RFC 7877 §6.3, §6.4, §6.6). Then what operators read: more views, a comment on every column,
-- and a role that reads sppp_api and nothing else.

-- Rules -------------------------------------------------------------------------------------------------------

-- Applies a pattern to a text, and gives the replacement with the groups that it refers to by \1 to \9 (RFC 3402 §3.2);
-- NULL where the pattern does not match. A template stays one: its `\\` and `\!` keep their backslash.
CREATE FUNCTION sppp.substitute_stepwise(subject text, ere text, repl text, is_template boolean) RETURNS text
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  found_groups text[] := regexp_match(subject, ere);
  parts text[] := string_to_array(repl, E'\\');
  part text;
  filled text;
  i integer := 2;
BEGIN
  IF found_groups IS NULL THEN
    RETURN NULL;
  END IF;
  -- Each part but the first begins with what stood behind a backslash; an empty one was a backslash itself.
  filled := parts[1];
  WHILE i <= cardinality(parts) LOOP
    part := parts[i];
    IF part = '' THEN
      i := i + 1;
      filled := filled || CASE WHEN is_template THEN E'\\\\' ELSE E'\\' END || coalesce(parts[i], '');
    ELSIF strpos('123456789', left(part, 1)) > 0 THEN
      filled := filled || coalesce(found_groups[left(part, 1)::integer], '') || substr(part, 2);
    ELSIF is_template OR left(part, 1) <> '!' THEN
      filled := filled || E'\\' || part;
    ELSE
      filled := filled || part;
    END IF;
    i := i + 1;
  END LOOP;
  RETURN filled;
END $$;

-- The same to its end. What most patterns ask for, the whole text, needs no expression.
CREATE FUNCTION sppp.substitute(subject text, ere text, repl text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN ere = '^(.*)$' AND strpos(replace(repl, E'\\1', ''), E'\\') = 0 THEN replace(repl, E'\\1', subject)
              ELSE sppp.substitute_stepwise(subject, ere, repl, false) END;

-- Whether the services of an egress route select a NAPTR with those services (RFC 7877 §6.6): one service that both
-- name is enough; one without subtypes stands for all of its subtypes. Absent ones select everything.
CREATE FUNCTION sppp.svcs_select(wanted text, offered text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN wanted IS NULL OR EXISTS (
    SELECT FROM unnest(string_to_array(substr(lower(wanted), 5), '+')) AS w(service)
           CROSS JOIN unnest(string_to_array(substr(lower(offered), 5), '+')) AS o(service)
     WHERE split_part(w.service, ':', 1) = split_part(o.service, ':', 1)
       AND (strpos(w.service, ':') = 0
            OR (string_to_array(w.service, ':'))[2:] && (string_to_array(o.service, ':'))[2:]));

-- The share of the number space that a span takes, in units of 10^-20: digits are read as decimals of a fraction, so
-- that 12 is as wide as 120 to 129, and ten times as wide as 123.
CREATE FUNCTION sppp.width(span sppp.digit_range) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN rpad(rtrim(upper(span), ':'), 20, '9')::numeric + 1 - rpad(lower(span), 20, '0')::numeric;

-- Resolution --------------------------------------------------------------------------------------------------

-- What is asked for: digits are a number, `rn=` makes them a routing number, everything else is a URI (`tn=` and `uri=`
-- say so). Patterns see numbers as ENUM does, with a plus sign (RFC 6116 §3.2). No row, where `tn=` or `rn=`
-- stands before what is no number.
CREATE FUNCTION sppp.read_identifier(sought text)
  RETURNS TABLE (kind sppp.public_identifier_kind, value text, subject text)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT f.kind, CASE f.kind WHEN 'URI' THEN f.bare ELSE ltrim(f.bare, '+') END,
         CASE f.kind WHEN 'URI' THEN f.bare ELSE '+' || ltrim(f.bare, '+') END
    FROM (SELECT (CASE WHEN sought ~ '^(tn=)?\+?[0-9]+$' THEN 'TN'
                       WHEN sought ~ '^rn=\+?[0-9]+$' THEN 'RN'
                       WHEN sought !~ '^(tn|rn)=' THEN 'URI' END)::sppp.public_identifier_kind AS kind,
                 regexp_replace(sought, '^(tn|rn|uri)=', '') AS bare OFFSET 0) f
   WHERE f.kind IS NOT NULL;
END;

-- An address in its canonical form; what IPv6 sockets say of IPv4 clients is their IPv4 address.
CREATE FUNCTION sppp.read_address(address text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN regexp_replace(host(nullif(address, '')::inet), '^::ffff:(\d+\.)', '\1');

-- Whether an SED group is for this source (RFC 7877 §6.3): it has no criteria, or one of them matches. What is absent
-- matches nothing.
CREATE FUNCTION sppp.is_for_source(group_id bigint, source_uri text, source_ip text, root_domain text) RETURNS boolean
  LANGUAGE sql STABLE
  RETURN (SELECT coalesce(bool_or(coalesce(
                   CASE c.scheme WHEN 'uri' THEN nullif(source_uri, '') ~* c.regex
                                 WHEN 'rootDomain' THEN nullif(root_domain, '') ~* c.regex
                                 ELSE sppp.read_address(source_ip) ~ c.regex END, false)), true)
            FROM sppp.sed_group_source_ident c WHERE c.sed_group_id = group_id);

-- Whether an earlier destination group of the identifier leads to the SED group as well.
CREATE FUNCTION sppp.is_reached_before(identifier_id bigint, at_position integer, group_id bigint) RETURNS boolean
  LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM sppp.destination_group_member m
                   JOIN sppp.sed_group_dest_grp l
                     ON l.destination_group_id = m.destination_group_id AND l.sed_group_id = group_id
                  WHERE m.public_identifier_id = identifier_id AND m.position < at_position);

-- What the asker's egress routes make of the replacement of a NAPTR in an SED group that they name (RFC 7877 §6.6).
-- Strict, so that it costs nothing where there is no route or no replacement.
CREATE FUNCTION sppp.rewrites(asker_id integer, group_id bigint, offered_svcs text, regx_repl text)
  RETURNS TABLE (id bigint, name text, pref integer, template text)
  LANGUAGE plpgsql STABLE STRICT ROWS 1
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT r.* FROM (SELECT t.id, t.name, t.pref, sppp.substitute_stepwise(regx_repl, t.ere, t.repl, true) AS template
                     FROM sppp.egress_route_sed_group n
                     JOIN sppp.egress_route t ON t.id = n.egress_route_id
                    WHERE n.sed_group_id = group_id AND t.rant_id = asker_id
                      AND sppp.svcs_select(t.svcs, offered_svcs)) r
   WHERE r.template IS NOT NULL;
END $$;

-- SED records in service, as answers have them.
CREATE VIEW sppp.answerable AS
  SELECT s.id, (SELECT o.org_id FROM sppp.organization o WHERE o.id = s.rant_id) AS record_registrant,
         s.name AS sed_record, s.kind::text AS kind, s.sed_function::text AS sed_function, s.naptr_order, s.svcs, s.flags,
         s.ere, s.regx_repl, s.repl, s.uri, s.host_name,
         CASE WHEN s.kind = 'NS' THEN ARRAY(SELECT a.addr FROM sppp.sed_record_ip_addr a
                                             WHERE a.sed_record_id = s.id ORDER BY a.position) END AS ip_addresses, s.ttl
    FROM sppp.sed_record s
   WHERE s.is_in_svc;

-- From identifiers to SED records, in order, for several questions at once: setting up the plan takes longer than
-- answering one. What is equal in all priorities goes by age: of the registrant, the SED group, the SED record, the
-- egress route.
--
-- Each table is entered by one key. The settings and OFFSET 0 keep the planner to that, whatever the statistics of a
-- freshly loaded database say; what is rare is left to functions.
CREATE FUNCTION sppp.answer(identifiers text[], askers text[], source_uris text[], source_ips text[],
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
   CROSS JOIN LATERAL (SELECT o.id FROM sppp.organization o WHERE o.org_id = askers[q.nth] OFFSET 0) asker
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
   CROSS JOIN LATERAL (SELECT o.org_id FROM sppp.organization o WHERE o.id = i.rant_id OFFSET 0) rant
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

-- The answers to several questions; "position" counts through all of them.
CREATE FUNCTION sppp.resolve_all(identifiers text[], askers text[], source_uris text[], source_ips text[],
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

CREATE FUNCTION sppp_api.resolve(identifier text, asker text, source_uri text DEFAULT NULL, source_ip text DEFAULT NULL,
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

-- The same question answered as a story: every candidate, the step at which it was kept or dropped, and what decided.
-- It goes step by step where resolve() takes one statement; a test holds the two against each other.
CREATE FUNCTION sppp_api.explain(identifier text, asker text, source_uri text DEFAULT NULL, source_ip text DEFAULT NULL,
                                 root_domain text DEFAULT NULL)
  RETURNS TABLE ("position" integer, verdict text, step text, reason text, decided_by text, registrant text,
                 matched_kind text, matched_identifier text, destination_group text, sed_group text,
                 record_registrant text, sed_record text, egress_route text, final_uri text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
  SET search_path = '' SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  asker_id integer := (SELECT o.id FROM sppp.organization o WHERE o.org_id = asker);
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
  SELECT * INTO sought FROM sppp.read_identifier(identifier);
  IF asker_id IS NULL OR sought.value IS NULL THEN
    step := CASE WHEN asker_id IS NULL THEN 'asker' ELSE 'identifier' END;
    reason := CASE WHEN asker_id IS NULL THEN 'no such organization' ELSE 'not a number' END;
    decided_by := CASE WHEN asker_id IS NULL THEN asker ELSE identifier END;
    RETURN NEXT;
    RETURN;
  END IF;

  FOR identified IN
    SELECT i.id, i.rant_id, o.org_id, i.kind, coalesce(i.spelling, i.value) AS spelling
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

-- Who may look up for an organization: a grant of its own.
ALTER TABLE sppp.registrar_grant
  DROP CONSTRAINT registrar_grant_verbs_check,
  ADD CONSTRAINT registrar_grant_verbs_check CHECK (
    verbs ~ '^(add|delete|accept|reject|get|lookup)(,(add|delete|accept|reject|get|lookup))*$');

-- What operators read -----------------------------------------------------------------------------------------

CREATE VIEW sppp_api.destination_group_member AS
  SELECT rant.org_id AS registrant, g.name AS destination_group, p.kind::text AS kind,
         coalesce(p.spelling, p.value) AS identifier, p.value
    FROM sppp.destination_group_member m
    JOIN sppp.destination_group g ON g.id = m.destination_group_id
    JOIN sppp.organization rant ON rant.id = g.rant_id
    JOIN sppp.public_identifier p ON p.id = m.public_identifier_id;

CREATE VIEW sppp_api.public_identifier_record AS
  SELECT rant.org_id AS registrant, p.kind::text AS kind, coalesce(p.spelling, p.value) AS identifier, p.value,
         owner.org_id AS record_registrant, s.name AS sed_record, r.priority, s.is_in_svc AS record_is_in_svc
    FROM sppp.public_identifier_sed_record r
    JOIN sppp.public_identifier p ON p.id = r.public_identifier_id
    JOIN sppp.organization rant ON rant.id = p.rant_id
    JOIN sppp.sed_record s ON s.id = r.sed_record_id
    JOIN sppp.organization owner ON owner.id = s.rant_id;

CREATE VIEW sppp_api.registrar_usage AS
  SELECT rar.org_id AS registrar, (t.received_at AT TIME ZONE 'UTC')::date AS day, t.operation, count(*) AS requests,
         count(*) FILTER (WHERE t.code >= 2000) AS refused, sum(t.objects) AS objects, sum(t.failed) AS failed,
         max(t.answered_at - t.received_at) AS slowest
    FROM sppp.transaction t
    JOIN sppp.organization rar ON rar.id = t.registrar_id
   GROUP BY 1, 2, 3;

COMMENT ON VIEW sppp_api.destination_group_member IS 'Which identifiers are in which destination group, one row each (RFC 7877 §6.1, §6.2)';
COMMENT ON VIEW sppp_api.public_identifier_record IS 'SED records that numbers refer to themselves (RFC 7877 §6.2)';
COMMENT ON VIEW sppp_api.registrar_usage IS 'What registrars asked per day and operation';
COMMENT ON FUNCTION sppp_api.resolve IS 'The session establishment data for an identifier, asked by an organization from a source, in order; identifiers are digits with or without +, rn= and digits, or a URI';
COMMENT ON FUNCTION sppp_api.explain IS 'The same question with every candidate, the step at which it was kept or dropped, and the value that decided';

-- What columns mean, by name, and by view where it differs there.
DO $$
DECLARE
  said record;
BEGIN
  FOR said IN
    SELECT a.attrelid::regclass AS view, a.attname AS name, coalesce(own.meaning, every.meaning) AS meaning
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace = 'sppp_api'::regnamespace AND c.relkind = 'v'
      LEFT JOIN (VALUES
        ('registrant', 'Organization that owns it'),
        ('registrar', 'Organization that wrote it last, or asked'),
        ('name', 'As it was written last; names compare without regard to case'),
        ('kind', 'TN, TNRange, TNPrefix, RN or URI'),
        ('identifier', 'As the client wrote it; for a range, start-end'),
        ('value', 'What is compared: digits without plus sign, start-end, or the URI'),
        ('c_date', 'When it was added first'),
        ('m_date', 'When it was replaced last, or lost a reference; NULL before that'),
        ('last_written_by', 'server_trans_id of the request that wrote it last'),
        ('is_in_svc', 'Whether it may be answered'),
        ('priority', 'Lower first'),
        ('destination_group', 'Name of the destination group'),
        ('destination_groups', 'Names of destination groups, in the order in which they were given'),
        ('sed_group', 'Name of the SED group, one of the registrant''s'),
        ('sed_record', 'Name of the SED record, one of record_registrant''s'),
        ('record_registrant', 'Organization that owns the SED record'),
        ('record_is_in_svc', 'Whether the SED record may be answered'),
        ('svcs', 'ENUM services, such as E2U+sip'),
        ('ere', 'Pattern that is applied, a POSIX extended regular expression'),
        ('cor_claim', 'Whether the registrant claims to be carrier of record; NULL where nothing was said'),
        ('cor', 'Whether the claim holds; NULL without a claim'),
        ('cor_date', 'When the claim was decided'),
        ('created_at', 'When it was made'),
        ('operation', 'The operation, such as submitAddRqst')
      ) AS every(name, meaning) ON every.name = a.attname
      LEFT JOIN (VALUES
        ('organization', 'org_id', 'namespace:value, such as iana-en:32473'),
        ('organization', 'name', 'For people'),
        ('registrar_grant', 'registrar', 'Organization that may act'),
        ('registrar_grant', 'registrant', 'Organization that it may act for'),
        ('transaction', 'server_trans_id', 'Id that the client was given in the answer; later ones sort after it'),
        ('transaction', 'client_trans_id', 'Id that the client gave, if any'),
        ('transaction', 'registrar', 'Organization that asked'),
        ('transaction', 'username', 'Credential that it used'),
        ('transaction', 'mode', 'atomic, partial or validate'),
        ('transaction', 'code', 'Overall result; 1000 is success, from 2000 on it is not (RFC 7878 §7.3)'),
        ('transaction', 'message', 'Overall result in words'),
        ('transaction', 'objects', 'Objects and keys in the request'),
        ('transaction', 'failed', 'How many of them failed'),
        ('transaction', 'received_at', 'When the request came'),
        ('transaction', 'duration', 'From its coming to the answer'),
        ('transaction', 'remote_address', 'Address that it came from'),
        ('transaction', 'user_agent', 'What the client called itself'),
        ('sed_record', 'kind', 'NAPTR, NS or URI'),
        ('sed_record', 'sed_function', 'routing or lookup; NULL where nothing was said'),
        ('sed_record', 'ttl', 'Seconds that an answer may be kept'),
        ('sed_record', 'naptr_order', 'Order of a NAPTR in its group, lower first'),
        ('sed_record', 'flags', 'Flags of a NAPTR, such as u'),
        ('sed_record', 'regx_repl', 'What the pattern of a NAPTR makes of the identifier'),
        ('sed_record', 'repl', 'Domain name that a NAPTR without pattern leads to'),
        ('sed_record', 'host_name', 'Name server of an NS record'),
        ('sed_record', 'uri', 'What the pattern of a URI record makes of the identifier'),
        ('sed_record', 'ip_addresses', 'Addresses of the name server, in the order in which they were given'),
        ('sed_group', 'peers', 'Organizations that accepted an offer of it, in the order in which they did'),
        ('route_group', 'peers', 'Organizations that accepted an offer of it, in the order in which they did'),
        ('sed_group_record', 'kind', 'NAPTR, NS or URI'),
        ('sed_group_source', 'scheme', 'What is matched: uri, ip or rootDomain'),
        ('sed_group_source', 'regex', 'Pattern that is found in it, a POSIX extended regular expression'),
        ('sed_group_offer', 'offered_to', 'Organization that may accept it, or has'),
        ('sed_group_offer', 'status', 'offered or accepted'),
        ('sed_group_offer', 'offer_date_time', 'When it was offered'),
        ('sed_group_offer', 'accept_date_time', 'When it was accepted; NULL as long as it waits'),
        ('egress_route', 'pref', 'Lower first'),
        ('egress_route', 'ere', 'Pattern that the replacement of an ingress NAPTR must match'),
        ('egress_route', 'repl', 'What it is replaced by'),
        ('egress_route', 'svcs', 'Services of the NAPTRs that are rewritten; NULL: all'),
        ('egress_route', 'ingress_sed_groups', 'Owner and name of the SED groups that it is for'),
        ('organization', 'trace', 'How much answers tell its registrar of their way: none, id or full'),
        ('credential', 'registrar', 'Organization that it belongs to'),
        ('credential', 'username', 'User name of HTTP Digest'),
        ('credential', 'label', 'For people'),
        ('credential', 'valid_from', 'From when on it is let in'),
        ('credential', 'valid_until', 'Until when it is let in; NULL: without end'),
        ('credential', 'revoked_at', 'When it was revoked; NULL: it was not'),
        ('credential', 'is_valid', 'Whether it is let in now'),
        ('client_certificate', 'registrar', 'Organization that it belongs to'),
        ('client_certificate', 'username', 'Credential that it stands for'),
        ('client_certificate', 'fingerprint', 'SHA-256 of the certificate, in hex; NULL where the subject counts'),
        ('client_certificate', 'subject', 'The whole subject; NULL where the fingerprint counts'),
        ('client_certificate', 'label', 'For people'),
        ('throttle', 'registrar', 'Organization that asked'),
        ('throttle', 'hour', 'Start of the hour'),
        ('throttle', 'unavailable', 'Requests answered with 2300'),
        ('throttle', 'throttled', 'How many of them for asking too much'),
        ('throttle', 'last_at', 'When the last of them came'),
        ('registrar_usage', 'registrar', 'Organization that asked'),
        ('registrar_usage', 'day', 'Day in UTC'),
        ('registrar_usage', 'requests', 'Requests'),
        ('registrar_usage', 'refused', 'Requests with an overall result from 2000 on'),
        ('registrar_usage', 'objects', 'Objects and keys in them'),
        ('registrar_usage', 'failed', 'How many of those failed'),
        ('registrar_usage', 'slowest', 'Longest time to an answer')
      ) AS own(view, name, meaning) ON own.view = c.relname AND own.name = a.attname
     WHERE a.attnum > 0 AND NOT a.attisdropped AND col_description(a.attrelid, a.attnum) IS NULL
       AND coalesce(own.meaning, every.meaning) IS NOT NULL
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', said.view, said.name, said.meaning);
  END LOOP;
END $$;

-- Who reads sppp_api and nothing else. Roles belong to all databases of a server, so it may be there; who migrates may
-- not be allowed to make it, and then the operator can: CREATE ROLE sppp_operator NOLOGIN, and the grants below.
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
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sppp_api FROM PUBLIC;
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'sppp_operator') THEN
    GRANT USAGE ON SCHEMA sppp_api TO sppp_operator;
    GRANT SELECT ON ALL TABLES IN SCHEMA sppp_api TO sppp_operator;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sppp_api TO sppp_operator;
    ALTER DEFAULT PRIVILEGES IN SCHEMA sppp_api GRANT SELECT ON TABLES TO sppp_operator;
  END IF;
END $$;
