import { chooseAuthentication } from '../../../src/oauth/client-auth/choose-authentication.ts';
import type { BasicEncoding, ClientAuthentication } from '../../../src/oauth/client-auth/client-authentication.ts';
import { Secret } from '../../../src/secret.ts';
import { plainTerms } from './assertions.ts';

/** The authentication of a client by a method that it asked for. */
export function authenticationBy(
  method: string,
  clientId = 'ci-bot',
  secret: string | undefined = undefined,
  basicEncoding: BasicEncoding = 'form',
): Promise<ClientAuthentication> {
  const credential = secret === undefined ? undefined : ({ kind: 'secret', secret: new Secret(secret) } as const);
  return chooseAuthentication(method, { clientId, credential, basicEncoding, assertion: plainTerms }, undefined);
}
