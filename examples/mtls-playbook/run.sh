#!/bin/sh
# A client of Keycloak that authenticates by a certificate, and whose tokens are bound to it. README.md explains each step.
set -eu
cd "$(dirname "$0")"
KEYCLOAK_URL=${KEYCLOAK_URL:-https://localhost:8443}
. ../keycloak-admin.sh

step 'the certificates'
./certificates.sh "$PKI"

step 'who talks to Keycloak'
playbook=$KEYCLOAK_URL/realms/oauth2-playbook
cat >state/ccgrant.toml <<TOML
[profiles.admin]
issuer = '$KEYCLOAK_URL/realms/master'
client_id = '$KEYCLOAK_ADMIN_CLIENT_ID'
client_secret_file = '$KEYCLOAK_ADMIN_CLIENT_SECRET_FILE'
cacert = '$PKI/ca.pem'

[profiles.client]
issuer = '$playbook'
client_id = 'client-credentials-client'
cert = '$PKI/client.pem'
key = '$PKI/client.key'
scope = 'openid'
cacert = '$PKI/ca.pem'

[profiles.nobody]
issuer = '$playbook'
client_id = 'client-credentials-client'
auth_method = 'none'
cacert = '$PKI/ca.pem'

[profiles.other]
issuer = '$playbook'
client_id = 'client-credentials-client'
cert = '$PKI/other.pem'
key = '$PKI/other.key'
cacert = '$PKI/ca.pem'

[profiles.stranger]
issuer = '$playbook'
client_id = 'client-credentials-client'
cert = '$PKI/stranger.pem'
key = '$PKI/stranger.key'
cacert = '$PKI/ca.pem'
TOML
need_keycloak

step 'the realm'
create "$realms" '{"realm":"oauth2-playbook","enabled":true}'

step 'the client'
create "$realms/oauth2-playbook/clients" '{
  "clientId": "client-credentials-client",
  "enabled": true,
  "clientAuthenticatorType": "client-x509",
  "serviceAccountsEnabled": true,
  "standardFlowEnabled": false,
  "directAccessGrantsEnabled": false,
  "publicClient": false,
  "attributes": {
    "x509.subjectdn": "CN=mtls-client",
    "x509.casubjectdn": "CN=Playbook CA",
    "tls.client.certificate.bound.access.tokens": "true"
  }
}'

step 'the role'
create "$realms/oauth2-playbook/roles" '{"name":"oauth2-playbook-readonly"}'

step 'the role for the service account'
ccgrant call --profile admin "$realms/oauth2-playbook/clients?clientId=client-credentials-client" -o state/client.json
client=$(jq -er '.[0].id' state/client.json)
role=$(ccgrant call --profile admin "$realms/oauth2-playbook/roles/oauth2-playbook-readonly")
ccgrant call --profile admin "$realms/oauth2-playbook/clients/$client/service-account-user" -o state/user.json
user=$(jq -er .id state/user.json)
ccgrant call --profile admin "$realms/oauth2-playbook/users/$user/role-mappings/realm" --json "[$role]"

step 'a token by certificate'
ccgrant token --profile client --out state/token.txt
ccgrant decode --format json <state/token.txt >state/token.json
jq -e '.payload | {azp, cnf, roles: (.realm_access.roles | sort)} | select(.roles | index("oauth2-playbook-readonly"))' state/token.json

step 'the token is bound to the certificate'
ccgrant verify --profile client --bound-to-cert "$PKI/client.pem" --format json <state/token.txt >state/verified.json
jq -c '.checks[] | select(.check == "cnf.x5t#S256" or .check == "signature")' state/verified.json

step 'call the API'
ccgrant call --profile client "$playbook/protocol/openid-connect/userinfo" -o state/userinfo.json
jq .preferred_username state/userinfo.json

step 'no token without a certificate'
exits 3 ccgrant token --profile nobody

step 'no token with the certificate of another client'
exits 3 ccgrant token --profile other

step 'no connection with a certificate of another authority'
exits 4 ccgrant token --profile stranger

step 'the token is of no use to who stole it'
exits 22 ccgrant call --profile other --token-file state/token.txt "$playbook/protocol/openid-connect/userinfo"
exits 22 ccgrant call --profile nobody --token-file state/token.txt "$playbook/protocol/openid-connect/userinfo"

step 'the token is revoked'
ccgrant revoke --profile client <state/token.txt
exits 22 ccgrant call --profile client --token-file state/token.txt "$playbook/protocol/openid-connect/userinfo"
