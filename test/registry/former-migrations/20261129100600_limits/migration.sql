-- What fits the limits is looked up in time (docs/limits.md).

-- As before, but that a pattern is applied to texts of up to 255 characters: how long it takes to tell which group of it
-- matches what grows with the square of the text. Numbers are shorter; of URIs that are longer, only all can be taken.
CREATE OR REPLACE FUNCTION sppp.substitute(subject text, ere text, repl text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN sppp.texts_around(ere, repl) IS NOT NULL THEN replace(repl, E'\\1', subject)
              WHEN length(subject) <= 255 THEN sppp.substitute_stepwise(subject, ere, repl, false) END;

-- Claims that cover more numbers than a first claim may take: they wait for the operator, and nobody waits for them.
ALTER TABLE sppp.cor_ruling ADD COLUMN is_wide boolean NOT NULL DEFAULT false;

CREATE OR REPLACE VIEW sppp_api.cor_claim AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, p.kind::text AS kind,
         coalesce(p.spelling, p.value) AS identifier, p.value,
         CASE WHEN p.cor THEN 'holds' WHEN NOT p.cor THEN 'lost' WHEN r.rival IS NOT NULL THEN 'contested' ELSE 'pending' END
           AS state,
         CASE WHEN p.cor IS NULL THEN r.since ELSE p.cor_date END AS since, r.rival,
         CASE WHEN p.cor IS NOT NULL THEN coalesce(r.decided_by, 'firstClaim')::text END AS decided_by,
         p.cor, p.cor_date, p.c_date, p.m_date, t.server_trans_id AS last_written_by,
         coalesce(p.cor IS NULL AND r.is_wide, false) AS is_wide
    FROM sppp.public_identifier p
    JOIN sppp.organization rant ON rant.id = p.rant_id
    JOIN sppp.organization rar ON rar.id = p.rar_id
    JOIN sppp.transaction t ON t.id = p.transaction_id
    LEFT JOIN sppp.cor_ruling r ON r.public_identifier_id = p.id
   WHERE p.cor_claim;
COMMENT ON COLUMN sppp_api.cor_claim.is_wide IS 'Whether it waits for the operator because it covers more numbers than a first claim may take';

-- An SED group is named by the egress routes of all its peers: each peer's are found by themselves, so that how many
-- another one has costs nobody's look-up anything.
ALTER TABLE sppp.egress_route_sed_group ADD COLUMN rant integer;
UPDATE sppp.egress_route_sed_group n SET rant = t.rant_id FROM sppp.egress_route t WHERE t.id = n.egress_route_id;
ALTER TABLE sppp.egress_route_sed_group ALTER COLUMN rant SET NOT NULL;
CREATE INDEX egress_route_sed_group_by_group_and_rant ON sppp.egress_route_sed_group (sed_group_id, rant);
DROP INDEX sppp.egress_route_sed_group_by_group;

-- The registrant is part of a route's key: it never changes.
CREATE FUNCTION sppp.set_rant_of_ingress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.rant := (SELECT t.rant_id FROM sppp.egress_route t WHERE t.id = NEW.egress_route_id);
  RETURN NEW;
END $$;
CREATE TRIGGER set_rant BEFORE INSERT OR UPDATE ON sppp.egress_route_sed_group
  FOR EACH ROW EXECUTE FUNCTION sppp.set_rant_of_ingress();

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
