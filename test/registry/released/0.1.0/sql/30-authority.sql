-- Nodes keep credentials and grants in memory, and forget them on this notification.
CREATE OR REPLACE FUNCTION sppp.notify_authority_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('sppp_authority', TG_TABLE_NAME);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER notify AFTER INSERT OR UPDATE OR DELETE ON sppp.credential
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.notify_authority_change();
CREATE OR REPLACE TRIGGER notify AFTER INSERT OR UPDATE OR DELETE ON sppp.client_certificate
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.notify_authority_change();
CREATE OR REPLACE TRIGGER notify AFTER INSERT OR UPDATE OR DELETE ON sppp.registrar_grant
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.notify_authority_change();
CREATE OR REPLACE TRIGGER notify AFTER UPDATE OR DELETE ON sppp.organization
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.notify_authority_change();
