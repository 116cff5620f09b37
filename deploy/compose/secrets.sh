#!/bin/sh
# Makes the secrets of compose.yaml, once. The accounts in the containers are others than yours, so the files may be read by all,
# and the folder by you alone.
set -eu
cd "$(dirname "$0")"
mkdir -m 700 secrets
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
password=$(random)
printf '%s' "$(random)" > secrets/postgres-password
printf '%s' "$password" > secrets/sppp-password
printf 'postgresql://sppp:%s@postgres:5432/sppp?sslmode=disable' "$password" > secrets/database-url
printf '%s' "$(random)" > secrets/grafana-password
chmod 644 secrets/*
