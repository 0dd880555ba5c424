import type { AssertionSettings } from '../../../src/client/oauth-client.ts';
import type { AssertionTerms } from '../../../src/oauth/client-auth/client-assertion.ts';

/** The settings of a person who said nothing about assertions. */
export const noAssertionSettings: AssertionSettings = {
  audience: undefined,
  algorithm: undefined,
  keyId: undefined,
  certificate: undefined,
  type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  password: undefined,
};

/** Assertions for https://as.example, made at one instant. */
export const plainTerms: AssertionTerms = {
  audience: async () => 'https://as.example',
  otherAudience: 'token-endpoint',
  algorithm: undefined,
  supportedAlgorithms: undefined,
  keyId: undefined,
  certificateThumbprint: undefined,
  now: () => 1_700_000_000_000,
};
