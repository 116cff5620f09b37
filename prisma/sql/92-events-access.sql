-- What the operator decides about an organization, as events (docs/events.md). Such changes are few: by row.

CREATE OR REPLACE FUNCTION sppp.tell_one(type text, organization integer, subject_begin text, key text, data jsonb) RETURNS void
  LANGUAGE sql
BEGIN ATOMIC
  INSERT INTO sppp.event_outbox (type, organization_id, subject_begin, keys, data)
  VALUES (type, organization, subject_begin, ARRAY[key], data);
END;

CREATE OR REPLACE FUNCTION sppp.tell_suspension() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.tell_one(
    CASE WHEN NEW.suspended_at IS NULL THEN 'sppp.organization.resumed.v1' ELSE 'sppp.organization.suspended.v1' END,
    NEW.id, 'organization:', NEW.org_id, jsonb_build_object('organization', NEW.org_id));
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER events_update AFTER UPDATE OF suspended_at ON sppp.organization
  FOR EACH ROW WHEN ((OLD.suspended_at IS NULL) <> (NEW.suspended_at IS NULL)
                     AND OLD.removed_at IS NULL AND NEW.removed_at IS NULL)
  EXECUTE FUNCTION sppp.tell_suspension();

-- Both sides of a grant are told.
CREATE OR REPLACE FUNCTION sppp.tell_grant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed sppp.registrar_grant := coalesce(NEW, OLD);
BEGIN
  IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
    RETURN NULL;
  END IF;
  PERFORM sppp.tell_one(
    CASE TG_OP WHEN 'INSERT' THEN 'sppp.grant.made.v1' WHEN 'UPDATE' THEN 'sppp.grant.changed.v1'
               ELSE 'sppp.grant.withdrawn.v1' END,
    told, 'grant:', changed.id::text,
    jsonb_build_object('grant', changed.id, 'registrar', sppp.org_id_of(changed.registrar_id),
                       'registrant', sppp.org_id_of(changed.registrant_id),
                       'nouns', string_to_array(changed.nouns, ','), 'verbs', string_to_array(changed.verbs, ','),
                       'spans', string_to_array(changed.spans, ',')))
    FROM (SELECT changed.registrar_id UNION SELECT changed.registrant_id) each (told);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER events AFTER INSERT OR UPDATE OR DELETE ON sppp.registrar_grant
  FOR EACH ROW EXECUTE FUNCTION sppp.tell_grant();

-- A credential of a registrar, and what of it differs from before.
CREATE OR REPLACE FUNCTION sppp.tell_changed_credential(known sppp.credential, changed text[]) RETURNS void LANGUAGE sql
BEGIN ATOMIC
  SELECT sppp.tell_one('sppp.credential.changed.v1', known.registrar_id, 'credential:', known.username,
    jsonb_build_object('registrar', sppp.org_id_of(known.registrar_id), 'username', known.username,
                       'validFrom', known.valid_from, 'validUntil', known.valid_until, 'changed', changed))
   WHERE known.registrar_id IS NOT NULL AND cardinality(changed) > 0;
END;

CREATE OR REPLACE FUNCTION sppp.tell_credential() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  holder jsonb := jsonb_build_object('registrar', sppp.org_id_of(NEW.registrar_id), 'username', NEW.username);
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM sppp.tell_one('sppp.credential.made.v1', NEW.registrar_id, 'credential:', NEW.username,
      holder || jsonb_build_object('validFrom', NEW.valid_from, 'validUntil', NEW.valid_until));
  ELSIF NEW.revoked_at IS NOT NULL THEN
    IF OLD.revoked_at IS NULL THEN
      PERFORM sppp.tell_one('sppp.credential.revoked.v1', NEW.registrar_id, 'credential:', NEW.username, holder);
    END IF;
  ELSE
    PERFORM sppp.tell_changed_credential(NEW, array_remove(ARRAY[
      CASE WHEN (NEW.ha1_md5, NEW.ha1_sha256) <> (OLD.ha1_md5, OLD.ha1_sha256) THEN 'password' END,
      CASE WHEN NEW.former_valid_until IS DISTINCT FROM OLD.former_valid_until THEN 'formerPassword' END,
      CASE WHEN NEW.label <> OLD.label THEN 'label' END,
      CASE WHEN (NEW.valid_from, NEW.valid_until) IS DISTINCT FROM (OLD.valid_from, OLD.valid_until) THEN 'validity' END,
      CASE WHEN OLD.revoked_at IS NOT NULL THEN 'revocation' END], NULL));
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER events AFTER INSERT OR UPDATE ON sppp.credential
  FOR EACH ROW WHEN (NEW.registrar_id IS NOT NULL) EXECUTE FUNCTION sppp.tell_credential();

CREATE OR REPLACE FUNCTION sppp.tell_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.tell_changed_credential(c, ARRAY['certificates'])
     FROM sppp.credential c WHERE c.id = coalesce(NEW.credential_id, OLD.credential_id) AND c.revoked_at IS NULL;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER events AFTER INSERT OR DELETE ON sppp.client_certificate
  FOR EACH ROW EXECUTE FUNCTION sppp.tell_certificate();
