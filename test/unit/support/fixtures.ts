import { readFileSync } from 'node:fs';
import type { JsonWebKeySet } from '../../../src/jwt/keys.ts';
import type { StoredAnswer } from './scripted-http.ts';

/** A JSON fixture by its path below test/fixtures. */
export function readFixture<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8'));
}

/** What Keycloak or the Flask resource server answered, literally. */
export function keycloakAnswer(name: string): StoredAnswer {
  return readFixture(`keycloak/${name}.json`);
}

/** The access token in one of Keycloak's token responses. */
export function keycloakToken(name: string): string {
  return (keycloakAnswer(name).body as { access_token: string }).access_token;
}

export const keycloakKeys: JsonWebKeySet = readFixture('keycloak/jwks.json');

/** Epoch seconds at which Keycloak issued `token` and `token-scoped`. */
export const keycloakIssuedOn = 1_795_322_159;
export const keycloakIssuer = 'http://localhost:8080/realms/myorg';
