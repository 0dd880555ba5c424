#!/bin/sh
# A Keycloak client with a service account and a role, made by client credentials alone. README.md explains each step.
set -eu
cd "$(dirname "$0")"
. ../keycloak-admin.sh

step 'who talks to Keycloak'
cat >state/ccgrant.toml <<TOML
[profiles.admin]
issuer = '$KEYCLOAK_URL/realms/master'
client_id = '$KEYCLOAK_ADMIN_CLIENT_ID'
client_secret_file = '$KEYCLOAK_ADMIN_CLIENT_SECRET_FILE'

[profiles.backend-service]
issuer = '$KEYCLOAK_URL/realms/my-app-realm'
client_id = 'backend-service'
client_secret_file = 'backend-service.secret'
TOML
need_keycloak

step 'the realm'
create "$realms" '{"realm":"my-app-realm","enabled":true}'

step 'the client'
create "$realms/my-app-realm/clients" '{
  "clientId": "backend-service",
  "enabled": true,
  "clientAuthenticatorType": "client-secret",
  "serviceAccountsEnabled": true,
  "standardFlowEnabled": false,
  "directAccessGrantsEnabled": false,
  "publicClient": false
}'

step 'its secret'
ccgrant call --profile admin "$realms/my-app-realm/clients?clientId=backend-service" -o state/client.json
jq -er '.[0].secret' state/client.json >state/backend-service.secret

step 'the role'
create "$realms/my-app-realm/roles" '{"name":"backend-access"}'

step 'the role for the service account'
client=$(jq -er '.[0].id' state/client.json)
role=$(ccgrant call --profile admin "$realms/my-app-realm/roles/backend-access")
ccgrant call --profile admin "$realms/my-app-realm/clients/$client/service-account-user" -o state/user.json
user=$(jq -er .id state/user.json)
ccgrant call --profile admin "$realms/my-app-realm/users/$user/role-mappings/realm" --json "[$role]"

step 'a token with the role'
ccgrant token --profile backend-service --out state/token.txt
ccgrant decode --format json <state/token.txt >state/token.json
jq -e '.payload | {azp, roles: (.realm_access.roles | sort)} | select(.roles | index("backend-access"))' state/token.json
