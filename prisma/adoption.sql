-- Makes the tables of the 13 migrations that preceded the baseline what the baseline makes. Views and functions, and triggers
-- with them, are dropped, as columns get other types; prisma/sql makes all of them anew in the same transaction.

DO $$
BEGIN
  EXECUTE (SELECT format('DROP VIEW %s CASCADE', string_agg(oid::regclass::text, ', ')) FROM pg_class
            WHERE relkind = 'v' AND relnamespace IN ('sppp'::regnamespace, 'sppp_api'::regnamespace));
  -- Tables need these, in a type, an index or a constraint.
  EXECUTE (SELECT format('DROP FUNCTION %s CASCADE', string_agg(p.oid::regprocedure::text, ', '))
             FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang AND l.lanname IN ('sql', 'plpgsql')
            WHERE p.pronamespace IN ('sppp'::regnamespace, 'sppp_api'::regnamespace)
              AND p.proname NOT IN ('digit_difference', 'line_start', 'line_end', 'routing_numbers', 'number_line'));
END $$;

-- The exclusion constraint of carriers of record uses these: they keep their identity.
ALTER FUNCTION sppp.line_start RENAME TO interval_start;
ALTER FUNCTION sppp.line_end RENAME TO interval_end;
ALTER FUNCTION sppp.routing_numbers RENAME TO routing_number_offset;
ALTER FUNCTION sppp.number_line RENAME TO number_interval;

ALTER TABLE sppp.object_gone RENAME TO object_removal;
ALTER TABLE sppp.object_removal RENAME CONSTRAINT object_gone_pkey TO object_removal_pkey;
ALTER INDEX sppp.object_gone_xid RENAME TO object_removal_xid;
ALTER SEQUENCE sppp.object_gone_id_seq RENAME TO object_removal_id_seq;

ALTER TABLE sppp.place RENAME TO database_identity;
ALTER TABLE sppp.database_identity RENAME CONSTRAINT place_pkey TO database_identity_pkey;
ALTER TABLE sppp.database_identity RENAME CONSTRAINT place_id_check TO database_identity_id_check;

-- Rows of numbers take fewer bytes: memberships have four for the id of a destination group, and of a spelling with a plus
-- sign only the sign is kept. Times and registrars of former rows stay in them.
ALTER TABLE sppp.destination_group ALTER COLUMN id SET MAXVALUE 2147483647;
ALTER TABLE sppp.destination_group_member ALTER COLUMN destination_group_id TYPE integer;
ALTER TABLE sppp.public_identifier
  ALTER COLUMN c_date DROP NOT NULL,
  ALTER COLUMN rar_id DROP NOT NULL,
  ALTER COLUMN spelling TYPE text COLLATE "C" USING CASE WHEN spelling = '+' || value THEN '+' ELSE spelling END,
  ADD CONSTRAINT public_identifier_replaced_check CHECK (c_date IS NOT NULL OR m_date IS NULL);
