#!/bin/sh
# Starts a Keycloak for the examples and returns when it answers: http://localhost:8080, and https://localhost:8443,
# where it asks for client certificates. Its database is in memory, so each start begins afresh. README.md beside it.
set -eu
PKI=${PKI:-}
cd "$(dirname "$0")"
PKI=${PKI:-$PWD/mtls-playbook/pki}
umask 077

missing() { # WHAT HINT
  printf 'error: %s\n  hint:   %s\n' "$1" "$2" >&2
  exit 127
}

command -v kc.sh >/dev/null || missing 'no Keycloak: kc.sh is not on the path' \
  'unpack the zip file from https://www.keycloak.org/downloads (26.7.3 was used), and put its folder bin on the path'
java=$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
[ "${java:-0}" -ge 17 ] || missing 'no Java 17 or newer, which Keycloak needs' \
  'install one (openjdk-17-jre-headless on Debian), and let JAVA_HOME name its folder if java on the path is another one'
command -v openssl >/dev/null || missing 'openssl is not installed' \
  'it makes the certificates and the secret of the bootstrap client'

mtls-playbook/certificates.sh "$PKI"
mkdir -p state
# The secret of a Keycloak that runs is not to be lost.
[ -s state/admin.secret ] || openssl rand -hex 24 >state/admin.secret

echo 'Keycloak: starting, which takes a minute or two'
: >state/keycloak.log
KC_BOOTSTRAP_ADMIN_CLIENT_ID=setup KC_BOOTSTRAP_ADMIN_CLIENT_SECRET=$(cat state/admin.secret) \
  nohup kc.sh start-dev --db=dev-mem --log=console --log-level=info --http-host=127.0.0.1 \
  --http-port=8080 --https-port=8443 --https-client-auth=request --https-trust-store-file="$PKI/ca.pem" \
  --https-certificate-file="$PKI/server.pem" --https-certificate-key-file="$PKI/server.key" \
  >state/keycloak.log 2>&1 </dev/null &
keycloak=$!
trap 'kill "$keycloak"; exit 130' INT TERM
until grep -q 'Listening on:' state/keycloak.log; do
  kill -0 "$keycloak" 2>/dev/null || {
    tail -n 20 state/keycloak.log >&2
    echo "error: Keycloak has ended: $PWD/state/keycloak.log" >&2
    exit 1
  }
  sleep 1
done
echo "$keycloak" >state/keycloak.pid
echo "Keycloak: runs on; stop it with kill $keycloak"
