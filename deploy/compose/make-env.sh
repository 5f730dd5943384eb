#!/bin/sh
# Makes .env with new secrets beside this file, once: `sh make-env.sh [FILE]`. Keep it: without it nobody gets in.
set -eu
file=${1:-$(dirname "$0")/.env}
if [ -e "$file" ]; then
  echo "$file is there already; remove it first if you really want new secrets" >&2
  exit 1
fi
umask 077
secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
cat >"$file" <<END
POSTGRES_PASSWORD=$(secret)
SKEIN_JWT_SECRET=$(secret)
SKEIN_CLUSTER_SECRET=$(secret)
SKEIN_OPERATOR_KEY=$(secret)
SKEIN_METRICS_KEY=$(secret)
SKEIN_API_KEYS=myapp:$(secret)
END
echo "New secrets are in $file"
