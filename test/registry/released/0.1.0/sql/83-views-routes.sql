-- SED records and egress routes, as operators read them. Views, columns and their types are a contract (docs/sql-contract.json).

CREATE OR REPLACE VIEW sppp_api.sed_record AS
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
COMMENT ON VIEW sppp_api.sed_record IS 'Session establishment data records (RFC 7877 §6.4)';
COMMENT ON COLUMN sppp_api.sed_record.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.sed_record.registrar IS 'Organization that wrote it last, or asked';
COMMENT ON COLUMN sppp_api.sed_record.name IS 'As it was written last; names compare without regard to case';
COMMENT ON COLUMN sppp_api.sed_record.kind IS 'NAPTR, NS or URI';
COMMENT ON COLUMN sppp_api.sed_record.sed_function IS 'routing or lookup; NULL where nothing was said';
COMMENT ON COLUMN sppp_api.sed_record.is_in_svc IS 'Whether it may be answered';
COMMENT ON COLUMN sppp_api.sed_record.ttl IS 'Seconds that an answer may be kept';
COMMENT ON COLUMN sppp_api.sed_record.naptr_order IS 'Order of a NAPTR in its group, lower first';
COMMENT ON COLUMN sppp_api.sed_record.flags IS 'Flags of a NAPTR, such as u';
COMMENT ON COLUMN sppp_api.sed_record.svcs IS 'ENUM services, such as E2U+sip';
COMMENT ON COLUMN sppp_api.sed_record.ere IS 'Pattern that is applied, a POSIX extended regular expression';
COMMENT ON COLUMN sppp_api.sed_record.regx_repl IS 'What the pattern of a NAPTR makes of the identifier';
COMMENT ON COLUMN sppp_api.sed_record.repl IS 'Domain name that a NAPTR without pattern leads to';
COMMENT ON COLUMN sppp_api.sed_record.host_name IS 'Name server of an NS record';
COMMENT ON COLUMN sppp_api.sed_record.uri IS 'What the pattern of a URI record makes of the identifier';
COMMENT ON COLUMN sppp_api.sed_record.ip_addresses IS 'Addresses of the name server, in the order in which they were given';
COMMENT ON COLUMN sppp_api.sed_record.c_date IS 'When it was added first';
COMMENT ON COLUMN sppp_api.sed_record.m_date IS 'When it was replaced last, or lost a reference; NULL before that';
COMMENT ON COLUMN sppp_api.sed_record.last_written_by IS 'server_trans_id of the request that wrote it last';

CREATE OR REPLACE VIEW sppp_api.sed_group_record AS
  SELECT owner.org_id AS registrant, g.name AS sed_group, rrant.org_id AS record_registrant, s.name AS sed_record,
         r.priority, s.kind::text AS kind, s.is_in_svc AS record_is_in_svc
    FROM sppp.sed_group_sed_record r
    JOIN sppp.sed_group g ON g.id = r.sed_group_id
    JOIN sppp.organization owner ON owner.id = g.rant_id
    JOIN sppp.sed_record s ON s.id = r.sed_record_id
    JOIN sppp.organization rrant ON rrant.id = s.rant_id;
COMMENT ON VIEW sppp_api.sed_group_record IS 'Which records an SED group refers to, lower priority first';
COMMENT ON COLUMN sppp_api.sed_group_record.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.sed_group_record.sed_group IS 'Name of the SED group, one of the registrant''s';
COMMENT ON COLUMN sppp_api.sed_group_record.record_registrant IS 'Organization that owns the SED record';
COMMENT ON COLUMN sppp_api.sed_group_record.sed_record IS 'Name of the SED record, one of record_registrant''s';
COMMENT ON COLUMN sppp_api.sed_group_record.priority IS 'Lower first';
COMMENT ON COLUMN sppp_api.sed_group_record.kind IS 'NAPTR, NS or URI';
COMMENT ON COLUMN sppp_api.sed_group_record.record_is_in_svc IS 'Whether the SED record may be answered';

CREATE OR REPLACE VIEW sppp_api.sed_group_source AS
  SELECT rant.org_id AS registrant, g.name AS sed_group, i.scheme, i.regex
    FROM sppp.sed_group_source_ident i
    JOIN sppp.sed_group g ON g.id = i.sed_group_id
    JOIN sppp.organization rant ON rant.id = g.rant_id;
COMMENT ON VIEW sppp_api.sed_group_source IS 'Source criteria of SED groups: one match is enough (RFC 7877 §6.3)';
COMMENT ON COLUMN sppp_api.sed_group_source.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.sed_group_source.sed_group IS 'Name of the SED group, one of the registrant''s';
COMMENT ON COLUMN sppp_api.sed_group_source.scheme IS 'What is matched: uri, ip or rootDomain';
COMMENT ON COLUMN sppp_api.sed_group_source.regex IS 'Pattern that is found in it, a POSIX extended regular expression';

CREATE OR REPLACE VIEW sppp_api.egress_route AS
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
COMMENT ON VIEW sppp_api.egress_route IS 'Egress routes with the ingress SED groups they rewrite (RFC 7877 §6.6)';
COMMENT ON COLUMN sppp_api.egress_route.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.egress_route.registrar IS 'Organization that wrote it last, or asked';
COMMENT ON COLUMN sppp_api.egress_route.name IS 'As it was written last; names compare without regard to case';
COMMENT ON COLUMN sppp_api.egress_route.pref IS 'Lower first';
COMMENT ON COLUMN sppp_api.egress_route.ere IS 'Pattern that the replacement of an ingress NAPTR must match';
COMMENT ON COLUMN sppp_api.egress_route.repl IS 'What it is replaced by';
COMMENT ON COLUMN sppp_api.egress_route.svcs IS 'Services of the NAPTRs that are rewritten; NULL: all';
COMMENT ON COLUMN sppp_api.egress_route.ingress_sed_groups IS 'Owner and name of the SED groups that it is for';
COMMENT ON COLUMN sppp_api.egress_route.c_date IS 'When it was added first';
COMMENT ON COLUMN sppp_api.egress_route.m_date IS 'When it was replaced last, or lost a reference; NULL before that';
COMMENT ON COLUMN sppp_api.egress_route.last_written_by IS 'server_trans_id of the request that wrote it last';
