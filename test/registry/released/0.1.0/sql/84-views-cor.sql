-- Carriers of record, as operators read them. Views, columns and their types are a contract (docs/sql-contract.json).

CREATE OR REPLACE VIEW sppp_api.cor_claim AS
  SELECT rant.org_id AS registrant, rar.org_id AS registrar, p.kind::text AS kind,
         sppp.spelled(p.spelling, p.value) AS identifier, p.value,
         CASE WHEN p.cor THEN 'holds' WHEN NOT p.cor THEN 'lost' WHEN r.rival IS NOT NULL THEN 'contested' ELSE 'pending' END
           AS state,
         CASE WHEN p.cor IS NULL THEN r.since ELSE p.cor_date END AS since, r.rival,
         CASE WHEN p.cor IS NOT NULL THEN coalesce(r.decided_by, 'firstClaim')::text END AS decided_by,
         p.cor, p.cor_date, coalesce(p.c_date, t.received_at) AS c_date, p.m_date, t.server_trans_id AS last_written_by,
         coalesce(p.cor IS NULL AND r.is_wide, false) AS is_wide
    FROM sppp.public_identifier p
    JOIN sppp.organization rant ON rant.id = p.rant_id
    JOIN sppp.transaction t ON t.id = p.transaction_id
    JOIN sppp.organization rar ON rar.id = coalesce(p.rar_id, t.registrar_id)
    LEFT JOIN sppp.cor_ruling r ON r.public_identifier_id = p.id
   WHERE p.cor_claim;
COMMENT ON VIEW sppp_api.cor_claim IS 'Claims to be carrier of record, and what became of them (RFC 7877 §6.2)';
COMMENT ON COLUMN sppp_api.cor_claim.registrant IS 'Who claims';
COMMENT ON COLUMN sppp_api.cor_claim.registrar IS 'Who wrote the identifier last';
COMMENT ON COLUMN sppp_api.cor_claim.kind IS 'TN, TNRange, TNPrefix or RN';
COMMENT ON COLUMN sppp_api.cor_claim.identifier IS 'What is claimed, as the client wrote it';
COMMENT ON COLUMN sppp_api.cor_claim.value IS 'The same in digits';
COMMENT ON COLUMN sppp_api.cor_claim.state IS 'holds, lost, pending (waits), or contested (waits, and another claims or holds some of the same numbers)';
COMMENT ON COLUMN sppp_api.cor_claim.since IS 'When it was decided, or since when it waits';
COMMENT ON COLUMN sppp_api.cor_claim.rival IS 'Who has the numbers instead, or is waited for; null: nobody';
COMMENT ON COLUMN sppp_api.cor_claim.decided_by IS 'authority (data), firstClaim or deny (policy), operator, withdrawal (of the rival) or expiry; null: not decided';
COMMENT ON COLUMN sppp_api.cor_claim.cor IS 'Whether the claim holds, as clients read it; null: not decided';
COMMENT ON COLUMN sppp_api.cor_claim.cor_date IS 'When it was decided, as clients read it';
COMMENT ON COLUMN sppp_api.cor_claim.c_date IS 'When the identifier was made';
COMMENT ON COLUMN sppp_api.cor_claim.m_date IS 'When the identifier was last replaced; null: never';
COMMENT ON COLUMN sppp_api.cor_claim.last_written_by IS 'The request that wrote the identifier last, or took its numbers';
COMMENT ON COLUMN sppp_api.cor_claim.is_wide IS 'Whether it waits for the operator because it covers more numbers than a first claim may take';

CREATE OR REPLACE VIEW sppp_api.cor_authority AS
  SELECT a.source, a.space::text AS space, a.numbers, a.carrier, o.id IS NOT NULL AS is_organization, a.loaded_at
    FROM sppp.cor_authority a
    LEFT JOIN sppp.organization o ON o.org_id = a.carrier;
COMMENT ON VIEW sppp_api.cor_authority IS 'Authority data as loaded: number spans and their carriers; of several that hold a number, the narrowest counts';
COMMENT ON COLUMN sppp_api.cor_authority.source IS 'Name that it was loaded under';
COMMENT ON COLUMN sppp_api.cor_authority.space IS 'TN: telephone numbers; RN: routing numbers';
COMMENT ON COLUMN sppp_api.cor_authority.numbers IS '1202* a prefix, 1202-1299 a range, digits one number';
COMMENT ON COLUMN sppp_api.cor_authority.carrier IS 'Organization id of the carrier of record';
COMMENT ON COLUMN sppp_api.cor_authority.is_organization IS 'Whether this registry knows the carrier';
COMMENT ON COLUMN sppp_api.cor_authority.loaded_at IS 'When it was loaded';
