#!/bin/sh
# The image of PostgreSQL runs it at its first start: the roles and the database of the registry (docs/database.md).
set -eu
psql -X --no-psqlrc --set ON_ERROR_STOP=1 --set password="$(cat "${PASSWORD_FILE:-/run/secrets/sppp-password}")" \
  --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE sppp LOGIN PASSWORD :'password';
CREATE DATABASE sppp OWNER sppp ENCODING 'UTF8' TEMPLATE template0;
CREATE ROLE sppp_operator NOLOGIN;
SQL
