-- Standing agreements, as operators read them. Views, columns and their types are a contract (docs/sql-contract.json).

CREATE OR REPLACE VIEW sppp_api.standing_agreement AS
  SELECT a.id, recipient.org_id AS offered_to, registrant.org_id AS offered_by, a.pattern,
         a.created_at, a.created_by, maker.org_id AS created_registrar,
         a.withdrawn_at, a.withdrawn_by, ender.org_id AS withdrawn_registrar,
         (SELECT count(*) FROM sppp.sed_group_offer f WHERE f.agreement_id = a.id) AS offers
    FROM sppp.standing_agreement a
    JOIN sppp.organization recipient ON recipient.id = a.offered_to_id
    JOIN sppp.organization registrant ON registrant.id = a.offered_by_id
    LEFT JOIN sppp.organization maker ON maker.id = a.created_rar_id
    LEFT JOIN sppp.organization ender ON ender.id = a.withdrawn_rar_id;
COMMENT ON VIEW sppp_api.standing_agreement IS 'Whose offers an organization accepts at once, withdrawn agreements included';
COMMENT ON COLUMN sppp_api.standing_agreement.id IS 'Number of the agreement';
COMMENT ON COLUMN sppp_api.standing_agreement.offered_to IS 'Organization that accepts';
COMMENT ON COLUMN sppp_api.standing_agreement.offered_by IS 'Organization that owns the SED groups';
COMMENT ON COLUMN sppp_api.standing_agreement.pattern IS 'Which names of groups, * for any text; NULL: all';
COMMENT ON COLUMN sppp_api.standing_agreement.created_at IS 'When it was made';
COMMENT ON COLUMN sppp_api.standing_agreement.created_by IS 'User name of the registrar that made it, or whom the operator made it for';
COMMENT ON COLUMN sppp_api.standing_agreement.created_registrar IS 'Registrar that made it; NULL: the operator';
COMMENT ON COLUMN sppp_api.standing_agreement.withdrawn_at IS 'When it was withdrawn; NULL: it is in force';
COMMENT ON COLUMN sppp_api.standing_agreement.withdrawn_by IS 'User name of the registrar that withdrew it, or whom the operator withdrew it for';
COMMENT ON COLUMN sppp_api.standing_agreement.withdrawn_registrar IS 'Registrar that withdrew it; NULL: the operator, or it is in force';
COMMENT ON COLUMN sppp_api.standing_agreement.offers IS 'Offers that are there and were accepted by it';
