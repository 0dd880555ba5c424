# What the Keycloak examples share. A script, or a shell in the folder of an example, reads it by `. ../keycloak-admin.sh`.

[ -r ../keycloak-admin.sh ] && [ -r run.sh ] || { echo 'error: this is no folder of an example' >&2; return 1; }
for program in ccgrant jq; do
  command -v "$program" >/dev/null || {
    echo "error: $program is not installed" >&2
    [ "$program" = jq ] || echo "  hint:   (cd '$(cd ../.. && pwd)' && npm ci && npm link)" >&2
    return 127
  }
done

examples=$(cd .. && pwd)
KEYCLOAK_URL=${KEYCLOAK_URL:-http://localhost:8080}
KEYCLOAK_ADMIN_CLIENT_ID=${KEYCLOAK_ADMIN_CLIENT_ID:-setup}
KEYCLOAK_ADMIN_CLIENT_SECRET_FILE=${KEYCLOAK_ADMIN_CLIENT_SECRET_FILE:-$examples/state/admin.secret}
PKI=${PKI:-$examples/mtls-playbook/pki}
API_URL=${API_URL:-http://localhost:50100}
realms=$KEYCLOAK_URL/admin/realms

# Configuration, cache and secrets are the example's own: nothing of yours is read or changed.
for variable in $(env | sed -n 's/^\(CCGRANT_[A-Z_]*\)=.*/\1/p'); do
  unset "$variable"
done
export CCGRANT_CONFIG="$PWD/state/ccgrant.toml" CCGRANT_CACHE_DIR="$PWD/state/cache"
umask 077
# Nor is anything of an earlier run: a step that fails leaves no token of yesterday to the next one.
rm -rf state
mkdir state

step() { # TITLE
  printf '== %s\n' "$1"
}

# Starts a Keycloak if nobody answers where `start-keycloak.sh` would start one, and wants an access token of it.
need_keycloak() {
  code=0
  answer=$(ccgrant discover --profile admin 2>&1 >/dev/null) || code=$?
  case "$code $KEYCLOAK_URL" in
    '0 '*) ;;
    '4 http://localhost:8080' | '4 https://localhost:8443') PKI=$PKI ../start-keycloak.sh || return ;;
    *) printf '%s\n' "$answer" "error: no Keycloak at $KEYCLOAK_URL" >&2; return "$code" ;;
  esac
  ccgrant token --profile admin >/dev/null && return
  code=$?
  cat >&2 <<TEXT
error: there is a Keycloak at $KEYCLOAK_URL, and $KEYCLOAK_ADMIN_CLIENT_ID gets no token there with the secret in $KEYCLOAK_ADMIN_CLIENT_SECRET_FILE
  hint:   if start-keycloak.sh started it, stop it and run this again; else KEYCLOAK_ADMIN_CLIENT_ID and KEYCLOAK_ADMIN_CLIENT_SECRET_FILE name a client of its realm master that may create realms
TEXT
  return "$code"
}

# Makes what is not there yet. Keycloak answers 409 where it is there, and then leaves it as it is.
create() { # URL JSON
  answer=$(ccgrant call --profile admin "$1" --json "$2" --no-fail --write-out ' %{http_code}')
  case $answer in
    *' 201') echo created ;;
    *' 409') echo 'there already' ;;
    *) echo "error: POST $1: $answer" >&2; return 1 ;;
  esac
}

# Runs a command whose failure is the lesson: any other exit code, 0 too, is an error.
exits() { # CODE COMMAND...
  expected=$1 code=0
  shift
  "$@" || code=$?
  [ "$code" = "$expected" ] || { echo "error: exit code $code, expected $expected: $*" >&2; return 1; }
}
