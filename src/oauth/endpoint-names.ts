/** The endpoints that ccgrant uses, by their names in the metadata (RFC 8414 section 2). */
export const endpointNames = ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint', 'jwks_uri'] as const;
export type EndpointName = (typeof endpointNames)[number];
