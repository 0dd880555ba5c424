"""A protected resource: three routes behind access tokens of an authorization server."""

import base64
import json
import os
from urllib.error import URLError
from urllib.parse import quote_plus, urlencode
from urllib.request import Request, urlopen

from authlib.integrations.flask_oauth2 import ResourceProtector
from authlib.oauth2.rfc7523 import JWTBearerTokenValidator
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from flask import Flask, jsonify
from joserfc.jwk import KeySet


def fetch_json(request):
    with urlopen(request, timeout=10) as response:
        return json.load(response)


def fetch_metadata(issuer):
    try:
        metadata = fetch_json(f"{issuer}/.well-known/openid-configuration")
    except URLError as error:
        raise SystemExit(f"no metadata of {issuer}: {error}") from error
    if metadata["issuer"] != issuer:
        raise SystemExit(f"the metadata of {issuer} names another issuer: {metadata['issuer']}")
    return metadata


class ClientCredsTokenValidator(JWTBearerTokenValidator):
    """Verifies access tokens offline, with the keys that the issuer publishes when this server starts."""

    def __init__(self, issuer):
        jwks = fetch_json(fetch_metadata(issuer)["jwks_uri"])
        super().__init__(KeySet.import_key_set(jwks))
        # Authlib's own list demands a claim named grant_type, which Keycloak does not issue.
        self.claims_options = {
            "exp": {"essential": True},
            "iss": {"essential": True, "value": issuer},
        }


class ActiveTokenValidator(IntrospectTokenValidator):
    """Asks the authorization server about every access token, so that it knows of revoked ones."""

    def __init__(self, issuer, client_id, client_secret):
        super().__init__()
        self.endpoint = fetch_metadata(issuer)["introspection_endpoint"]
        # RFC 6749 section 2.3.1: form-urlencoded first, then joined.
        credentials = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
        self.authorization = "Basic " + base64.b64encode(credentials.encode()).decode()

    def introspect_token(self, token_string):
        return fetch_json(
            Request(
                self.endpoint,
                data=urlencode({"token": token_string, "token_type_hint": "access_token"}).encode(),
                headers={"Authorization": self.authorization, "Accept": "application/json"},
            )
        )


def create_validator(environ):
    issuer = environ.get("API_ISSUER", "http://localhost:8080/realms/myorg")
    validation = environ.get("API_VALIDATION", "jwks")
    if validation == "jwks":
        return ClientCredsTokenValidator(issuer)
    if validation == "introspection":
        client_secret = environ.get("API_CLIENT_SECRET")
        if not client_secret:
            raise SystemExit("API_VALIDATION=introspection needs API_CLIENT_SECRET")
        return ActiveTokenValidator(issuer, environ.get("API_CLIENT_ID", "test_api_resource"), client_secret)
    raise SystemExit(f"API_VALIDATION is jwks or introspection, not {validation}")


def create_app(validator):
    app = Flask(__name__)
    require_auth = ResourceProtector()
    require_auth.register_token_validator(validator)

    @app.route("/api/public")
    def public():
        """No access token required."""
        return jsonify(message="No need of Authorization to see this")

    @app.route("/api/private")
    @require_auth(None)
    def private():
        """A valid access token is required."""
        return jsonify(message="Authorization is required to see this")

    @app.route("/api/private-scoped")
    @require_auth("test_api_access")
    def private_scoped():
        """A valid access token and scope are required."""
        return jsonify(message="Authorization with a scope named test_api_access is required to see this")

    return app


if __name__ == "__main__":
    create_app(create_validator(os.environ)).run(
        host=os.environ.get("API_HOST", "127.0.0.1"),
        port=int(os.environ.get("API_PORT", "50100")),
        debug=False,
    )
