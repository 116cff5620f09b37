-- Destination groups, numbers and SED groups, as operators read them. Views, columns and their types are a contract (docs/sql-contract.json).

CREATE OR REPLACE VIEW sppp_api.destination_group AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, g.name, g.c_date, g.m_date,
         t.server_trans_id AS last_written_by
    FROM sppp.destination_group g
    JOIN sppp.organization rant ON rant.id = g.rant_id
    JOIN sppp.organization rar ON rar.id = g.rar_id
    JOIN sppp.transaction t ON t.id = g.transaction_id;
COMMENT ON VIEW sppp_api.destination_group IS 'Destination groups (RFC 7877 §6.1)';
COMMENT ON COLUMN sppp_api.destination_group.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.destination_group.registrar IS 'Organization that wrote it last, or asked';
COMMENT ON COLUMN sppp_api.destination_group.name IS 'As it was written last; names compare without regard to case';
COMMENT ON COLUMN sppp_api.destination_group.c_date IS 'When it was added first';
COMMENT ON COLUMN sppp_api.destination_group.m_date IS 'When it was replaced last, or lost a reference; NULL before that';
COMMENT ON COLUMN sppp_api.destination_group.last_written_by IS 'server_trans_id of the request that wrote it last';

CREATE OR REPLACE VIEW sppp_api.destination_group_member AS
  SELECT rant.org_id AS registrant, g.name AS destination_group, p.kind::text AS kind,
         sppp.spelled(p.spelling, p.value) AS identifier, p.value
    FROM sppp.destination_group_member m
    JOIN sppp.destination_group g ON g.id = m.destination_group_id
    JOIN sppp.organization rant ON rant.id = g.rant_id
    JOIN sppp.public_identifier p ON p.id = m.public_identifier_id;
COMMENT ON VIEW sppp_api.destination_group_member IS 'Which identifiers are in which destination group, one row each (RFC 7877 §6.1, §6.2)';
COMMENT ON COLUMN sppp_api.destination_group_member.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.destination_group_member.destination_group IS 'Name of the destination group';
COMMENT ON COLUMN sppp_api.destination_group_member.kind IS 'TN, TNRange, TNPrefix, RN or URI';
COMMENT ON COLUMN sppp_api.destination_group_member.identifier IS 'As the client wrote it; for a range, start-end';
COMMENT ON COLUMN sppp_api.destination_group_member.value IS 'What is compared: digits without plus sign, start-end, or the URI';

CREATE OR REPLACE VIEW sppp_api.public_identifier AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, p.kind::text AS kind,
         sppp.spelled(p.spelling, p.value) AS identifier, p.value,
         ARRAY(SELECT g.name FROM sppp.destination_group_member m
                 JOIN sppp.destination_group g ON g.id = m.destination_group_id
                WHERE m.public_identifier_id = p.id ORDER BY m.position) AS destination_groups,
         p.cor_claim, p.cor, p.cor_date, coalesce(p.c_date, t.received_at) AS c_date, p.m_date,
         t.server_trans_id AS last_written_by
    FROM sppp.public_identifier p
    JOIN sppp.organization rant ON rant.id = p.rant_id
    JOIN sppp.transaction t ON t.id = p.transaction_id
    JOIN sppp.organization rar ON rar.id = coalesce(p.rar_id, t.registrar_id);
COMMENT ON VIEW sppp_api.public_identifier IS 'Numbers, ranges, prefixes, routing numbers and URIs with their groups (RFC 7877 §6.2)';
COMMENT ON COLUMN sppp_api.public_identifier.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.public_identifier.registrar IS 'Organization that wrote it last, or asked';
COMMENT ON COLUMN sppp_api.public_identifier.kind IS 'TN, TNRange, TNPrefix, RN or URI';
COMMENT ON COLUMN sppp_api.public_identifier.identifier IS 'As the client wrote it; for a range, start-end';
COMMENT ON COLUMN sppp_api.public_identifier.value IS 'What is compared: digits without plus sign, start-end, or the URI';
COMMENT ON COLUMN sppp_api.public_identifier.destination_groups IS 'Names of destination groups, in the order in which they were given';
COMMENT ON COLUMN sppp_api.public_identifier.cor_claim IS 'Whether the registrant claims to be carrier of record; NULL where nothing was said';
COMMENT ON COLUMN sppp_api.public_identifier.cor IS 'Whether the claim holds; NULL without a claim';
COMMENT ON COLUMN sppp_api.public_identifier.cor_date IS 'When the claim was decided';
COMMENT ON COLUMN sppp_api.public_identifier.c_date IS 'When it was added first';
COMMENT ON COLUMN sppp_api.public_identifier.m_date IS 'When it was replaced last, or lost a reference; NULL before that';
COMMENT ON COLUMN sppp_api.public_identifier.last_written_by IS 'server_trans_id of the request that wrote it last';

CREATE OR REPLACE VIEW sppp_api.public_identifier_record AS
  SELECT rant.org_id AS registrant, p.kind::text AS kind, sppp.spelled(p.spelling, p.value) AS identifier, p.value,
         owner.org_id AS record_registrant, s.name AS sed_record, r.priority, s.is_in_svc AS record_is_in_svc
    FROM sppp.public_identifier_sed_record r
    JOIN sppp.public_identifier p ON p.id = r.public_identifier_id
    JOIN sppp.organization rant ON rant.id = p.rant_id
    JOIN sppp.sed_record s ON s.id = r.sed_record_id
    JOIN sppp.organization owner ON owner.id = s.rant_id;
COMMENT ON VIEW sppp_api.public_identifier_record IS 'SED records that numbers refer to themselves (RFC 7877 §6.2)';
COMMENT ON COLUMN sppp_api.public_identifier_record.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.public_identifier_record.kind IS 'TN, TNRange, TNPrefix, RN or URI';
COMMENT ON COLUMN sppp_api.public_identifier_record.identifier IS 'As the client wrote it; for a range, start-end';
COMMENT ON COLUMN sppp_api.public_identifier_record.value IS 'What is compared: digits without plus sign, start-end, or the URI';
COMMENT ON COLUMN sppp_api.public_identifier_record.record_registrant IS 'Organization that owns the SED record';
COMMENT ON COLUMN sppp_api.public_identifier_record.sed_record IS 'Name of the SED record, one of record_registrant''s';
COMMENT ON COLUMN sppp_api.public_identifier_record.priority IS 'Lower first';
COMMENT ON COLUMN sppp_api.public_identifier_record.record_is_in_svc IS 'Whether the SED record may be answered';

CREATE OR REPLACE VIEW sppp_api.sed_group AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, s.name, s.is_in_svc, s.priority,
         ARRAY(SELECT g.name FROM sppp.sed_group_dest_grp d
                 JOIN sppp.destination_group g ON g.id = d.destination_group_id
                WHERE d.sed_group_id = s.id ORDER BY d.position) AS destination_groups,
         ARRAY(SELECT peer.org_id FROM sppp.sed_group_offer f
                 JOIN sppp.organization peer ON peer.id = f.offered_to_id
                WHERE f.sed_group_id = s.id AND f.status = 'accepted' ORDER BY f.accept_date_time, f.id) AS peers,
         s.c_date, s.m_date, t.server_trans_id AS last_written_by
    FROM sppp.sed_group s
    JOIN sppp.organization rant ON rant.id = s.rant_id
    JOIN sppp.organization rar ON rar.id = s.rar_id
    JOIN sppp.transaction t ON t.id = s.transaction_id;
COMMENT ON VIEW sppp_api.sed_group IS 'SED groups (RFC 7877 §6.3)';
COMMENT ON COLUMN sppp_api.sed_group.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.sed_group.registrar IS 'Organization that wrote it last, or asked';
COMMENT ON COLUMN sppp_api.sed_group.name IS 'As it was written last; names compare without regard to case';
COMMENT ON COLUMN sppp_api.sed_group.is_in_svc IS 'Whether it may be answered';
COMMENT ON COLUMN sppp_api.sed_group.priority IS 'Lower first';
COMMENT ON COLUMN sppp_api.sed_group.destination_groups IS 'Names of destination groups, in the order in which they were given';
COMMENT ON COLUMN sppp_api.sed_group.peers IS 'Organizations that accepted an offer of it, in the order in which they did';
COMMENT ON COLUMN sppp_api.sed_group.c_date IS 'When it was added first';
COMMENT ON COLUMN sppp_api.sed_group.m_date IS 'When it was replaced last, or lost a reference; NULL before that';
COMMENT ON COLUMN sppp_api.sed_group.last_written_by IS 'server_trans_id of the request that wrote it last';

-- The drafts' name for an SED group.
CREATE OR REPLACE VIEW sppp_api.route_group AS
  SELECT * FROM sppp_api.sed_group;
COMMENT ON VIEW sppp_api.route_group IS 'SED groups under the name they had in the drafts';
COMMENT ON COLUMN sppp_api.route_group.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.route_group.registrar IS 'Organization that wrote it last, or asked';
COMMENT ON COLUMN sppp_api.route_group.name IS 'As it was written last; names compare without regard to case';
COMMENT ON COLUMN sppp_api.route_group.is_in_svc IS 'Whether it may be answered';
COMMENT ON COLUMN sppp_api.route_group.priority IS 'Lower first';
COMMENT ON COLUMN sppp_api.route_group.destination_groups IS 'Names of destination groups, in the order in which they were given';
COMMENT ON COLUMN sppp_api.route_group.peers IS 'Organizations that accepted an offer of it, in the order in which they did';
COMMENT ON COLUMN sppp_api.route_group.c_date IS 'When it was added first';
COMMENT ON COLUMN sppp_api.route_group.m_date IS 'When it was replaced last, or lost a reference; NULL before that';
COMMENT ON COLUMN sppp_api.route_group.last_written_by IS 'server_trans_id of the request that wrote it last';

CREATE OR REPLACE VIEW sppp_api.sed_group_offer AS
  SELECT rant.org_id AS registrant, g.name AS sed_group, peer.org_id AS offered_to, f.status::text AS status,
         f.offer_date_time, f.accept_date_time, rar.org_id AS registrar, f.c_date, f.m_date,
         t.server_trans_id AS last_written_by, f.agreement_id AS agreement
    FROM sppp.sed_group_offer f
    JOIN sppp.sed_group g ON g.id = f.sed_group_id
    JOIN sppp.organization rant ON rant.id = g.rant_id
    JOIN sppp.organization peer ON peer.id = f.offered_to_id
    JOIN sppp.organization rar ON rar.id = f.rar_id
    JOIN sppp.transaction t ON t.id = f.transaction_id;
COMMENT ON VIEW sppp_api.sed_group_offer IS 'Who offered which SED group to whom, and who still waits (RFC 7877 §6.5)';
COMMENT ON COLUMN sppp_api.sed_group_offer.registrant IS 'Organization that owns it';
COMMENT ON COLUMN sppp_api.sed_group_offer.sed_group IS 'Name of the SED group, one of the registrant''s';
COMMENT ON COLUMN sppp_api.sed_group_offer.offered_to IS 'Organization that may accept it, or has';
COMMENT ON COLUMN sppp_api.sed_group_offer.status IS 'offered or accepted';
COMMENT ON COLUMN sppp_api.sed_group_offer.offer_date_time IS 'When it was offered';
COMMENT ON COLUMN sppp_api.sed_group_offer.accept_date_time IS 'When it was accepted; NULL as long as it waits';
COMMENT ON COLUMN sppp_api.sed_group_offer.registrar IS 'Organization that wrote it last, or asked';
COMMENT ON COLUMN sppp_api.sed_group_offer.c_date IS 'When it was added first';
COMMENT ON COLUMN sppp_api.sed_group_offer.m_date IS 'When it was replaced last, or lost a reference; NULL before that';
COMMENT ON COLUMN sppp_api.sed_group_offer.last_written_by IS 'server_trans_id of the request that wrote it last';
COMMENT ON COLUMN sppp_api.sed_group_offer.agreement IS 'Standing agreement that accepted it; NULL: it waits, or was accepted by hand';
