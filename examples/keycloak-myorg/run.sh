#!/bin/sh
# A realm, a client and a resource server in Keycloak, and the life of a token between them. README.md explains each step.
set -eu
cd "$(dirname "$0")"
. ../keycloak-admin.sh

step 'who talks to Keycloak'
cat >state/ccgrant.toml <<TOML
[profiles.admin]
issuer = '$KEYCLOAK_URL/realms/master'
client_id = '$KEYCLOAK_ADMIN_CLIENT_ID'
client_secret_file = '$KEYCLOAK_ADMIN_CLIENT_SECRET_FILE'

[profiles.client]
issuer = '$KEYCLOAK_URL/realms/myorg'
client_id = 'test_api_client'
client_secret_file = 'test_api_client.secret'
scope = 'test_api_access'

[profiles.resource]
issuer = '$KEYCLOAK_URL/realms/myorg'
client_id = 'test_api_resource'
client_secret_file = 'test_api_resource.secret'
TOML
need_keycloak

step 'the realm'
create "$realms" '{"realm":"myorg","enabled":true}'

step 'the scope, and the audience that comes with it'
create "$realms/myorg/client-scopes" '{
  "name": "test_api_access",
  "protocol": "openid-connect",
  "attributes": {"include.in.token.scope": "true"},
  "protocolMappers": [{
    "name": "audience test_api_resource",
    "protocol": "openid-connect",
    "protocolMapper": "oidc-audience-mapper",
    "config": {
      "included.client.audience": "test_api_resource",
      "access.token.claim": "true",
      "introspection.token.claim": "true"
    }
  }]
}'
ccgrant call --profile admin "$realms/myorg/client-scopes" -o state/scopes.json
scope=$(jq -er '.[] | select(.name == "test_api_access").id' state/scopes.json)

step 'the client'
create "$realms/myorg/clients" '{
  "clientId": "test_api_client",
  "publicClient": false,
  "serviceAccountsEnabled": true,
  "standardFlowEnabled": false
}'
ccgrant call --profile admin "$realms/myorg/clients?clientId=test_api_client" -o state/client.json
jq -er '.[0].secret' state/client.json >state/test_api_client.secret
client=$(jq -er '.[0].id' state/client.json)
ccgrant call --profile admin "$realms/myorg/clients/$client/optional-client-scopes/$scope" -X PUT

step 'the resource server'
create "$realms/myorg/clients" '{
  "clientId": "test_api_resource",
  "publicClient": false,
  "standardFlowEnabled": false
}'
ccgrant call --profile admin "$realms/myorg/clients?clientId=test_api_resource" -o state/resource.json
jq -er '.[0].secret' state/resource.json >state/test_api_resource.secret

step 'discover'
ccgrant discover --profile client >state/metadata.json
jq '{token_endpoint, jwks_uri, introspection_endpoint, revocation_endpoint}' state/metadata.json

step 'token'
ccgrant token --profile client --out state/token.txt
ccgrant cache list --profile client

step 'decode'
ccgrant decode <state/token.txt

step 'verify'
ccgrant verify --profile client --scope test_api_access --audience test_api_resource <state/token.txt

step 'introspect as the client'
exits 5 ccgrant introspect --profile client <state/token.txt

step 'introspect as the resource server'
ccgrant introspect --profile resource <state/token.txt

step 'call the API'
code=0
ccgrant call --profile client "$API_URL/api/public" || code=$?
case $code in
  0)
    ccgrant call --profile client "$API_URL/api/private"
    ccgrant call --profile client "$API_URL/api/private-scoped"
    exits 22 ccgrant call --profile client --no-scope "$API_URL/api/private-scoped"
    ;;
  4) echo "left out: no API at $API_URL" ;;
  *) (exit "$code") ;;
esac

step 'revoke'
ccgrant revoke --profile client <state/token.txt
exits 5 ccgrant introspect --profile resource <state/token.txt

step 'verify once more'
ccgrant verify --profile resource <state/token.txt
exits 5 ccgrant verify --profile resource --introspect <state/token.txt
