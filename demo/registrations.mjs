import { readFileSync } from 'node:fs';

/**
 * What the demo authorization server knows by heart: its clients (RFC 7591 metadata, by the part
 * each plays), the resources it issues access tokens for, by token format, and their scopes.
 *
 * @typedef {{ client_id: string, client_secret: string, token_endpoint_auth_method: string,
 *   grant_types?: string[], scope?: string, introspection_signed_response_alg?: string }} ClientMetadata
 * @typedef {'basic' | 'post' | 'secretJwt' | 'oddSecret' | 'restricted' | 'resourceServer'} ClientRole
 * @typedef {{ clients: Record<ClientRole, ClientMetadata>,
 *   resources: { jwt: string, opaque: string }, scopes: string[] }} Registrations
 */

// Read as a file: Node 20 prints a warning on standard error when JSON is imported.
/** @type {Registrations} */
export const registrations = JSON.parse(readFileSync(new URL('./registrations.json', import.meta.url), 'utf8'));
