import { UsageError } from '../errors.ts';
import type { AccessTokenRequest } from '../oauth/client-credentials.ts';
import type { Setting, Settings } from './settings.ts';

/** Parameters that have an option of their own, or that ccgrant decides. */
const reservedParameters = new Map([
  ['grant_type', 'ccgrant asks for client_credentials only'],
  ['client_id', 'say --client-id'],
  ['client_secret', 'say --client-secret-file'],
  ['client_assertion', 'it is made anew for each request'],
  ['client_assertion_type', 'it goes with the assertion'],
  ['scope', 'say --scope'],
  ['audience', 'say --audience'],
  ['resource', 'say --resource'],
]);

/** @throws UsageError usage */
export function resolveRequest(settings: Settings): AccessTokenRequest {
  const scope = settings.list('scope');
  return {
    scope: scope === undefined ? [] : toScope(scope),
    audience: settings.list('audience')?.value ?? [],
    resource: settings.list('resource')?.value.map(toResource) ?? [],
    parameters: settings.list('param')?.value.map(toParameter) ?? [],
  };
}

/** The scope tokens of RFC 6749 section 3.3, each once. */
export function toScope({ value, origin }: Setting<readonly string[]>): string[] {
  const tokens = [...new Set(value.flatMap((one) => one.split(/\s+/)).filter((token) => token !== ''))];
  if (tokens.length === 0) {
    throw new UsageError('usage', `${origin.name} is empty`, { hint: 'to ask without a scope say --no-scope' });
  }
  if (tokens.every((token) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(token))) return tokens;
  throw new UsageError('usage', `${origin.name} holds a character that no scope may have`);
}

/** An absolute URI without a fragment, RFC 8707 section 2. */
function toResource(value: string): string {
  if (URL.canParse(value) && !value.includes('#')) return value;
  throw new UsageError('usage', 'a resource is an absolute URI without a fragment', {
    hint: 'for example https://api.example.com; for a plain name try --audience',
  });
}

function toParameter(value: string): readonly [string, string] {
  const [, name, content] = /^([^=\s]+)=([\s\S]*)$/.exec(value) ?? [];
  if (name === undefined || content === undefined) {
    throw new UsageError('usage', '--param takes NAME=VALUE');
  }
  const reserved = reservedParameters.get(name);
  if (reserved !== undefined) throw new UsageError('usage', `--param cannot set ${name}`, { hint: reserved });
  return [name, content];
}
