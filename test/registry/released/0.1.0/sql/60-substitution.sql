-- What patterns make of identifiers, and egress routes of NAPTR records.

-- Applies a pattern to a text, and returns the replacement with the groups that it refers to by \1 to \9 (RFC 3402 §3.2);
-- NULL where the pattern does not match. A template remains one: its `\\` and `\!` keep their backslash.
CREATE OR REPLACE FUNCTION sppp.substitute_stepwise(subject text, ere text, repl text, is_template boolean) RETURNS text
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

-- The texts before, between and behind the identifier in a replacement, if the pattern takes the identifier as it is;
-- NULL if the pattern has to be applied.
CREATE OR REPLACE FUNCTION sppp.texts_around(ere text, repl text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN ere = '^(.*)$' AND strpos(replace(repl, E'\\1', ''), E'\\') = 0
              THEN string_to_array(repl, E'\\1') END;

-- The replacement that a pattern makes of an identifier. A pattern is applied to texts of up to 255 characters, since the
-- time to find its groups grows with the square of the text. Numbers are shorter; a longer URI can only be taken whole.
CREATE OR REPLACE FUNCTION sppp.substitute(subject text, ere text, repl text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN sppp.texts_around(ere, repl) IS NOT NULL THEN replace(repl, E'\\1', subject)
              WHEN length(subject) <= 255 THEN sppp.substitute_stepwise(subject, ere, repl, false) END;

-- Whether the services of an egress route select a NAPTR with those services (RFC 7877 §6.6). One service that both name
-- is enough; one without subtypes includes all of its subtypes. Absent services select everything.
CREATE OR REPLACE FUNCTION sppp.svcs_select(wanted text, offered text) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN wanted IS NULL OR EXISTS (
    SELECT FROM unnest(string_to_array(substr(lower(wanted), 5), '+')) AS w(service)
           CROSS JOIN unnest(string_to_array(substr(lower(offered), 5), '+')) AS o(service)
     WHERE split_part(w.service, ':', 1) = split_part(o.service, ':', 1)
       AND (strpos(w.service, ':') = 0
            OR (string_to_array(w.service, ':'))[2:] && (string_to_array(o.service, ':'))[2:]));

-- What the asker's egress routes make of the replacement of a NAPTR in an SED group that they name (RFC 7877 §6.6).
-- Strict, so that it costs nothing where there is no route or no replacement.
CREATE OR REPLACE FUNCTION sppp.rewrites(asker_id integer, group_id bigint, offered_svcs text, regx_repl text)
  RETURNS TABLE (id bigint, name text, pref integer, template text)
  LANGUAGE plpgsql STABLE STRICT ROWS 1
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT r.* FROM (SELECT t.id, t.name, t.pref, sppp.substitute_stepwise(regx_repl, t.ere, t.repl, true) AS template
                     FROM sppp.egress_route_sed_group n
                     JOIN sppp.egress_route t ON t.id = n.egress_route_id
                    WHERE n.sed_group_id = group_id AND n.rant = asker_id
                      AND sppp.svcs_select(t.svcs, offered_svcs)) r
   WHERE r.template IS NOT NULL;
END $$;
