import { absolutePath } from '../absolute-path.ts';
import type { AssertionSettings } from '../client/oauth-client.ts';
import type { Credential } from '../config/secret-source.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { credentialKindsOf } from '../oauth/client-auth/auth-methods.ts';
import { assertionCommandKey } from '../options/assertion-options.ts';
import type { Candidate } from './secret-sources.ts';
import { resolvePassword, toCommand, toFile } from './secret-sources.ts';
import type { Setting, Settings } from './settings.ts';

/** What a client can be that signs assertions, or has those of somebody else. */
export function assertionCandidates(settings: Settings, ctx: Context): Candidate[] {
  const { profile } = settings;
  const command = profile && toCommand(profile, assertionCommandKey);
  const keys = settings.every('private-key').map((setting) => toFile(setting, ctx));
  // It is read with its key, so the two are ranked together: of several only the highest can be meant.
  const [attestation] = settings.every('client-attestation-file').map((setting) => toFile(setting, ctx));
  const [key] = keys;
  // A key that is attested is no credential of its own, unless the method says so.
  const isAttested =
    attestation !== undefined && !credentialKindsOf(settings.text('auth-method')?.value ?? '').includes('private key');
  return [
    ...(isAttested ? [] : keys).map(
      ({ value, origin }) => ({ value: { kind: 'private key', source: value }, origin }) as const,
    ),
    ...(attestation === undefined
      ? []
      : [
          {
            value: {
              kind: 'attestation',
              source: attestation.value,
              key: key && { source: key.value, origin: key.origin.name },
            },
            origin: attestation.origin,
            keyOrigin: key?.origin,
          } as const,
        ]),
    ...[
      ...settings.every('client-assertion-file').map((setting) => toFile(setting, ctx)),
      ...(command ? [command] : []),
    ].map(({ value, origin }) => ({ value: { kind: 'assertion', source: value }, origin }) as const),
    ...settings.every('client-assertion-from').map(
      ({ origin }) =>
        ({
          value: {
            kind: 'assertion',
            source: { kind: 'github-actions', requestUrl: ctx.env.ACTIONS_ID_TOKEN_REQUEST_URL || undefined },
          },
          origin,
        }) as const,
    ),
  ];
}

/**
 * What was said about assertions.
 * @param credential the one that is used
 * @throws UsageError usage for what is of no use to it
 */
export function resolveAssertion(
  settings: Settings,
  credential: Credential | undefined,
  ctx: Context,
): AssertionSettings {
  requireUse(settings, credential);
  return {
    audience: toAudience(settings.text('assertion-audience')),
    algorithm: settings.text('signing-alg')?.value,
    keyId: settings.text('key-id')?.value,
    certificate: settings.flag('x5t') ? thumbprintCertificate(settings, ctx) : undefined,
    type: toType(settings.text('client-assertion-type')),
    password: resolvePassword(settings, ctx),
  };
}

/** Whether the certificate of `--cert` only lends its thumbprint: then its key is the one that signs. */
export function lendsThumbprintOnly(settings: Settings): boolean {
  return settings.flag('x5t') && settings.text('key') === undefined;
}

function thumbprintCertificate(settings: Settings, { host }: Context): AssertionSettings['certificate'] {
  const certificate = settings.text('cert');
  if (certificate !== undefined)
    return { path: absolutePath(certificate.value, host), origin: certificate.origin.name };
  throw new UsageError('usage', '--x5t names a certificate, and none is given', { hint: 'give --cert FILE too' });
}

/** Which kinds of credentials an option is of use to. */
const uses: Readonly<Record<string, { readonly kinds: readonly Credential['kind'][]; readonly hint: string }>> = {
  'key-id': { kinds: ['private key'], hint: 'it goes with --private-key FILE' },
  x5t: { kinds: ['private key'], hint: 'it goes with --private-key FILE' },
  'signing-alg': {
    kinds: ['private key', 'attestation', 'secret'],
    hint: 'it goes with --private-key FILE, or a secret and --auth-method client_secret_jwt',
  },
  'client-assertion-type': { kinds: ['assertion'], hint: 'it goes with --client-assertion-file FILE' },
};

/** What is typed is meant: an option that changes nothing stands for a mistake. A profile may say more than is used. */
function requireUse(settings: Settings, credential: Credential | undefined): void {
  for (const [name, { kinds, hint }] of Object.entries(uses)) {
    const setting = settings.list(name);
    const typed = setting === undefined ? settings.flag(name) : setting.origin.rank === 'option';
    if (!typed || (credential !== undefined && kinds.includes(credential.kind))) continue;
    const whose =
      credential === undefined ? 'without a credential' : `with a client ${credential.kind} (${credential.origin})`;
    throw new UsageError('usage', `--${name} is of no use ${whose}`, { hint });
  }
  const password = settings.text('pass-file');
  const opens =
    credential?.kind === 'private key' ||
    credential?.kind === 'attestation' ||
    ['cert', 'dpop-key'].some((name) => settings.text(name) !== undefined);
  if (password?.origin.rank !== 'option' || opens) return;
  throw new UsageError('usage', '--pass-file is the password of a private key, and none is given', {
    hint: 'it goes with --private-key FILE, or with --cert and --key',
  });
}

/** @throws UsageError usage for a word that is neither known nor a URL */
function toAudience(setting: Setting<string> | undefined): string | undefined {
  if (setting === undefined) return undefined;
  const { value, origin } = setting;
  if (value === 'issuer' || value === 'token-endpoint') return value;
  if (value.includes(':') && URL.canParse(value)) return value;
  throw new UsageError('usage', `${origin.name} takes issuer, token-endpoint or a URL`, {
    hint: 'issuer is the default; token-endpoint is what Entra ID and Hydra want',
  });
}

const assertionTypes = 'urn:ietf:params:oauth:client-assertion-type:';

/** @throws UsageError usage for what is neither a known word nor a URN */
function toType(setting: Setting<string> | undefined): string {
  if (setting === undefined) return `${assertionTypes}jwt-bearer`;
  const { value, origin } = setting;
  if (value === 'jwt-bearer' || value === 'jwt-spiffe') return assertionTypes + value;
  if (/^urn:[a-z0-9][a-z0-9-]*:\S+$/i.test(value)) return value;
  throw new UsageError('usage', `${origin.name} takes jwt-bearer, jwt-spiffe or a URN`, {
    hint: `the short words stand for ${assertionTypes}…`,
  });
}
