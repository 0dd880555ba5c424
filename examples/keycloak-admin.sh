# What the Keycloak examples share. A script, or a shell in the folder of an example, reads it by `. ../keycloak-admin.sh`.

KEYCLOAK_URL=${KEYCLOAK_URL:-http://localhost:8080}
KEYCLOAK_ADMIN_CLIENT_ID=${KEYCLOAK_ADMIN_CLIENT_ID:-setup}
KEYCLOAK_ADMIN_CLIENT_SECRET_FILE=${KEYCLOAK_ADMIN_CLIENT_SECRET_FILE:-$PWD/../admin.secret}
realms=$KEYCLOAK_URL/admin/realms

# Configuration, cache and secrets are the example's own: nothing of yours is read or changed.
export CCGRANT_CONFIG="$PWD/state/ccgrant.toml" CCGRANT_CACHE_DIR="$PWD/state/cache"
umask 077
mkdir -p state

[ -r "$KEYCLOAK_ADMIN_CLIENT_SECRET_FILE" ] || {
  echo "error: no file $KEYCLOAK_ADMIN_CLIENT_SECRET_FILE with the secret of $KEYCLOAK_ADMIN_CLIENT_ID" >&2
  return 1
}
for program in ccgrant jq; do
  command -v "$program" >/dev/null || { echo "error: $program is not installed" >&2; return 127; }
done

step() { # TITLE
  printf '== %s\n' "$1"
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
