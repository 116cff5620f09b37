-- How numbers and addresses are read and compared.

-- The share of the number space that a span takes, in units of 10^-20: digits are read as decimals of a fraction, so
-- that 12 is as wide as 120 to 129, and ten times as wide as 123.
CREATE OR REPLACE FUNCTION sppp.width(span sppp.digit_range) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN rpad(rtrim(upper(span), ':'), 20, '9')::numeric + 1 - rpad(lower(span), 20, '0')::numeric;

-- An identifier as the client wrote it.
CREATE OR REPLACE FUNCTION sppp.spelled(spelling text, value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN spelling = '+' THEN '+' || value ELSE coalesce(spelling, value) END;

-- When the request of a journal row came, and from whom. Volatile, so that they see rows that were committed after the
-- statement that asks began: such a statement may write an identifier that it had to wait for.
CREATE OR REPLACE FUNCTION sppp.received_at(transaction_id bigint) RETURNS timestamptz
  LANGUAGE sql VOLATILE
  RETURN (SELECT t.received_at FROM sppp.transaction t WHERE t.id = transaction_id);
CREATE OR REPLACE FUNCTION sppp.registrar_of(transaction_id bigint) RETURNS integer
  LANGUAGE sql VOLATILE
  RETURN (SELECT t.registrar_id FROM sppp.transaction t WHERE t.id = transaction_id);

-- The identifier of a question: digits are a number, `rn=` makes them a routing number, everything else is a URI (`tn=`
-- and `uri=` say so). `subject` is what patterns see: of numbers, as in ENUM, with a plus sign (RFC 6116 §3.2). There is
-- no row if `tn=` or `rn=` precedes something that is no number.
CREATE OR REPLACE FUNCTION sppp.read_identifier(sought text)
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

-- An address in its canonical form. An IPv6 socket's name for an IPv4 client becomes the IPv4 address.
CREATE OR REPLACE FUNCTION sppp.read_address(address text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN regexp_replace(host(nullif(address, '')::inet), '^::ffff:(\d+\.)', '\1');
