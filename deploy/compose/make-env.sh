#!/bin/sh
# Makes .env with new secrets beside this file, once: `sh make-env.sh`. Keep it; without it nobody gets in.
set -eu
cd "$(dirname "$0")"
if [ -e .env ]; then
  echo ".env is there already; remove it first if you really want new secrets" >&2
  exit 1
fi
umask 077
secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
cat >.env <<END
POSTGRES_PASSWORD=$(secret)
SKEIN_JWT_SECRET=$(secret)
SKEIN_CLUSTER_SECRET=$(secret)
SKEIN_OPERATOR_KEY=$(secret)
SKEIN_API_KEYS=myapp:$(secret)
END
echo "Secrets are in $(pwd)/.env"
