import { describe, expect, it } from 'vitest';
import type { Profile, ProfileValue } from '../../../src/config/profile.ts';
import type { Environment } from '../../../src/context.ts';
import { clientOptions } from '../../../src/options/client-options.ts';
import { endpointOptions, issuerOptions } from '../../../src/options/server-options.ts';
import { resolveClient } from '../../../src/settings/resolve-client.ts';
import { Settings } from '../../../src/settings/settings.ts';
import { failureOf, wordsOf } from '../support/failure.ts';
import { createContext } from '../support/test-context.ts';

interface Given {
  readonly typed?: Record<string, string[]>;
  readonly env?: Environment;
  readonly profile?: Record<string, ProfileValue>;
  readonly rank?: Profile['rank'];
}

async function resolve({ typed = {}, env = {}, profile, rank = 'named profile' }: Given, verbose = false) {
  const { ctx, stderr } = await createContext({ env, verbose, host: { workingDirectory: '/there' } });
  const rows = [...issuerOptions, ...endpointOptions, ...clientOptions];
  const loaded =
    profile === undefined
      ? undefined
      : { name: 'dev', rank, directory: '/etc', values: new Map(Object.entries(profile)) };
  const client = resolveClient(new Settings(rows, new Map(Object.entries(typed)), env, loaded), ctx);
  return { ...client, stderr: stderr() };
}

const option = { 'client-secret-file': ['s.txt'] };
const ownProfile = { issuer: 'https://as.example', client_id: 'ci-bot', client_secret_file: '/p/secret' };

describe('which credential is used', () => {
  it.each<[string, Given, object, string]>([
    ['an option', { typed: option }, { kind: 'file', path: '/there/s.txt' }, '--client-secret-file'],
    [
      'an absolute path',
      { typed: { 'client-secret-file': ['/s.txt'] } },
      { kind: 'file', path: '/s.txt' },
      '--client-secret-file',
    ],
    ['standard input', { typed: { 'client-secret-file': ['-'] } }, { kind: 'standard input' }, '--client-secret-file'],
    [
      'a variable with a path',
      { env: { CCGRANT_CLIENT_SECRET_FILE: 's.txt' } },
      { kind: 'file', path: '/there/s.txt' },
      'CCGRANT_CLIENT_SECRET_FILE',
    ],
    [
      'a variable with the secret',
      { env: { CCGRANT_CLIENT_SECRET: 'S3cr3t' } },
      { kind: 'variable', variable: 'CCGRANT_CLIENT_SECRET' },
      'CCGRANT_CLIENT_SECRET',
    ],
    ['a profile', { profile: ownProfile }, { kind: 'file', path: '/p/secret' }, 'client_secret_file in profile dev'],
    [
      'a command of a profile',
      { profile: { client_secret_command: ['pass', 'show', 'x'] } },
      { kind: 'command', argv: ['pass', 'show', 'x'] },
      'client_secret_command in profile dev',
    ],
    [
      'an option before both variables',
      { typed: option, env: { CCGRANT_CLIENT_SECRET: 'x', CCGRANT_CLIENT_SECRET_FILE: 'y' } },
      { kind: 'file', path: '/there/s.txt' },
      '--client-secret-file',
    ],
    [
      'an option before a profile',
      { typed: option, profile: ownProfile },
      { kind: 'file', path: '/there/s.txt' },
      '--client-secret-file',
    ],
    [
      'a named profile before a variable',
      { profile: ownProfile, env: { CCGRANT_CLIENT_SECRET: 'x' } },
      { kind: 'file', path: '/p/secret' },
      'client_secret_file in profile dev',
    ],
    [
      'a variable before the default profile',
      { profile: ownProfile, rank: 'default profile', env: { CCGRANT_CLIENT_SECRET_FILE: '/e' } },
      { kind: 'file', path: '/e' },
      'CCGRANT_CLIENT_SECRET_FILE',
    ],
    [
      'a variable that is not empty',
      { env: { CCGRANT_CLIENT_SECRET: '', CCGRANT_CLIENT_SECRET_FILE: '/e' } },
      { kind: 'file', path: '/e' },
      'CCGRANT_CLIENT_SECRET_FILE',
    ],
  ])('%s', async (_, given, source, origin) => {
    const { credential } = await resolve(given);
    expect(credential).toMatchObject({ source, origin });
  });

  it('none when nobody gives one', async () => {
    expect((await resolve({})).credential).toBeUndefined();
  });

  it.each<[string, Given, string[]]>([
    [
      'two variables',
      { env: { CCGRANT_CLIENT_SECRET: 'S3cr3t', CCGRANT_CLIENT_SECRET_FILE: 'y' } },
      ['CCGRANT_CLIENT_SECRET', 'CCGRANT_CLIENT_SECRET_FILE'],
    ],
    [
      'a file and a command in one profile',
      { profile: { client_secret_file: '/p', client_secret_command: ['x'] } },
      ['client_secret_file in profile dev', 'client_secret_command in profile dev'],
    ],
  ])('neither of %s: which is meant must not be a guess', async (_, given, names) => {
    const failure = await failureOf(() => resolve(given));
    expect(failure.code).toBe('credential_conflict');
    for (const name of names) expect(failure.message).toContain(name);
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });

  it('a higher rank, of which the trace tells what it replaces', async () => {
    const { stderr } = await resolve({ typed: option, env: { CCGRANT_CLIENT_SECRET: 'S3cr3t' } }, true);
    expect(stderr).toContain('--client-secret-file');
    expect(stderr).toContain('CCGRANT_CLIENT_SECRET');
    expect(stderr).not.toContain('S3cr3t');
  });

  it('not a command that is written as one text: there is no shell to take it apart', async () => {
    expect(await failureOf(() => resolve({ profile: { client_secret_command: 'pass show x' } }))).toMatchObject({
      code: 'config_invalid',
      hint: expect.stringContaining('["pass", "show", "name"]'),
    });
  });

  it('and the secret of a variable cannot be printed by accident', async () => {
    expect(JSON.stringify(await resolve({ env: { CCGRANT_CLIENT_SECRET: 'S3cr3t' } }))).not.toContain('S3cr3t');
  });
});

describe('a certificate is ranked among the credentials, and stays beside the one that is used', () => {
  const cert = { cert: ['c.pem'], key: ['c.key'] };
  const secretVariable = { CCGRANT_CLIENT_SECRET_FILE: '/e' };
  const method = { 'auth-method': ['client_secret_basic'] };
  const named = { client_id: 'ci-bot', cert: '/p/c.pem' };

  it.each<[string, Given, string | undefined, string | undefined]>([
    ['an option replaces a secret of the environment', { typed: cert, env: secretVariable }, undefined, '--cert'],
    [
      'an option replaces the secret of a named profile',
      { typed: cert, profile: { client_secret_file: '/p/s' } },
      undefined,
      '--cert',
    ],
    [
      'a named profile replaces a key of the environment',
      { profile: named, env: { CCGRANT_PRIVATE_KEY: '/e' } },
      undefined,
      'cert in profile dev',
    ],
    [
      'the environment replaces the secret of the default profile',
      { profile: { client_secret_file: '/p/s' }, rank: 'default profile', env: { CCGRANT_CERT: '/c' } },
      undefined,
      'CCGRANT_CERT',
    ],
    [
      'the environment stays beside a secret that is an option, for the connection',
      { typed: option, env: { CCGRANT_CERT: '/c', CCGRANT_KEY: '/k' } },
      '--client-secret-file',
      'CCGRANT_CERT',
    ],
    [
      'the default profile stays beside a secret of the environment',
      { profile: named, rank: 'default profile', env: secretVariable },
      'CCGRANT_CLIENT_SECRET_FILE',
      'cert in profile dev',
    ],
    [
      'a named profile is passed over with a secret that is an option and goes elsewhere',
      { typed: { ...option, 'client-id': ['other'] }, profile: named },
      '--client-secret-file',
      undefined,
    ],
    [
      'at the same place both stay: the certificate is for the connection',
      { env: { CCGRANT_CERT: '/c', ...secretVariable } },
      'CCGRANT_CLIENT_SECRET_FILE',
      'CCGRANT_CERT',
    ],
    [
      'a method for secrets decides for the one of the environment, beside the certificate of an option',
      { typed: { ...cert, ...method }, env: secretVariable },
      'CCGRANT_CLIENT_SECRET_FILE',
      '--cert',
    ],
    [
      'a method for secrets keeps a certificate of the environment for the connection',
      { typed: { ...option, ...method }, env: { CCGRANT_CERT: '/c' } },
      '--client-secret-file',
      'CCGRANT_CERT',
    ],
    [
      'a method for certificates decides against a secret that is an option',
      { typed: { ...option, 'auth-method': ['tls_client_auth'] }, env: { CCGRANT_CERT: '/c' } },
      undefined,
      'CCGRANT_CERT',
    ],
    [
      'a method for secrets decides against a private key that is an option',
      { typed: { 'private-key': ['k.pem'], ...method }, env: secretVariable },
      'CCGRANT_CLIENT_SECRET_FILE',
      undefined,
    ],
    [
      'a certificate that only lends its thumbprint is none',
      { typed: { 'private-key': ['k.pem'], cert: ['c.pem'] }, profile: { x5t: true }, env: secretVariable },
      '--private-key',
      undefined,
    ],
  ])('%s', async (_, given, credentialOrigin, certificateOrigin) => {
    const { credential, certificate } = await resolve(given);
    expect({ credential: credential?.origin, certificate: certificate?.origin }).toEqual({
      credential: credentialOrigin,
      certificate: certificateOrigin,
    });
  });

  it.each<[string, Given, string]>([
    [
      'a secret that a certificate replaces',
      { typed: cert, env: secretVariable },
      '* certificate from --cert, not from CCGRANT_CLIENT_SECRET_FILE\n',
    ],
    [
      'a certificate that is meant for another client',
      { typed: { ...option, 'client-id': ['other'] }, profile: named },
      '* the certificate from cert in profile dev is not meant for --client-id, and not used\n',
    ],
    [
      'no certificate that stays',
      { typed: option, env: { CCGRANT_CERT: '/c', ...secretVariable } },
      '* secret from --client-secret-file, not from CCGRANT_CLIENT_SECRET_FILE\n',
    ],
  ])('the trace tells of %s', async (_, given, trace) => {
    expect((await resolve(given, true)).stderr).toBe(trace);
  });

  it('a certificate of a profile that is the credential may not belong to another client', async () => {
    const elsewhere = { typed: { 'client-id': ['other'] }, profile: named };
    expect((await failureOf(() => resolve(elsewhere))).code).toBe('credential_misplaced');
  });

  it('a secret and a private key at one place are a conflict, and none where the method says which', async () => {
    const both = { CCGRANT_PRIVATE_KEY: '/k', ...secretVariable };
    expect((await failureOf(() => resolve({ env: both }))).code).toBe('credential_conflict');
    const { credential } = await resolve({ env: { ...both, CCGRANT_AUTH_METHOD: 'private_key_jwt' } });
    expect(credential?.origin).toBe('CCGRANT_PRIVATE_KEY');
  });
});

describe('a credential of a profile goes only where it belongs', () => {
  it.each<[string, Given]>([
    ['nothing else is said', { profile: ownProfile }],
    [
      'an option says the same issuer and client',
      { profile: ownProfile, typed: { issuer: ['https://as.example'], 'client-id': ['ci-bot'] } },
    ],
    ['a variable says the same', { profile: ownProfile, env: { CCGRANT_ISSUER: 'https://as.example' } }],
    [
      'the profile wins over the variable',
      { profile: ownProfile, env: { CCGRANT_ISSUER: 'https://evil.example', CCGRANT_CLIENT_ID: 'x' } },
    ],
    [
      'the profile has no client of its own',
      { profile: { issuer: 'https://as.example', client_secret_file: '/p' }, typed: { 'client-id': ['ci-bot'] } },
    ],
    [
      'another endpoint that gets no credential',
      { profile: ownProfile, typed: { 'jwks-uri': ['https://cdn.example/jwks'] } },
    ],
    [
      'the credential is from elsewhere',
      { profile: ownProfile, typed: { ...option, issuer: ['https://other.example'] } },
    ],
  ])('it is used when %s', async (_, given) => {
    expect((await resolve(given)).credential).toBeDefined();
  });

  it.each<[string, Given, string]>([
    [
      'an option names another issuer',
      { profile: ownProfile, typed: { issuer: ['https://evil.example'] } },
      '--issuer',
    ],
    [
      'an option adds a slash to the issuer',
      { profile: ownProfile, typed: { issuer: ['https://as.example/'] } },
      '--issuer',
    ],
    ['an option names another client', { profile: ownProfile, typed: { 'client-id': ['other'] } }, '--client-id'],
    [
      'an option names another token endpoint',
      { profile: ownProfile, typed: { 'token-endpoint': ['https://evil.example/t'] } },
      '--token-endpoint',
    ],
    [
      'an option names another introspection endpoint',
      { profile: ownProfile, typed: { 'introspection-endpoint': ['https://evil.example/i'] } },
      '--introspection-endpoint',
    ],
    [
      'an option names another revocation endpoint',
      { profile: ownProfile, typed: { 'revocation-endpoint': ['https://evil.example/r'] } },
      '--revocation-endpoint',
    ],
    [
      'a variable names a token endpoint that the profile has not',
      { profile: ownProfile, env: { CCGRANT_TOKEN_ENDPOINT: 'https://evil.example/t' } },
      'CCGRANT_TOKEN_ENDPOINT',
    ],
    [
      'a variable names another issuer than the default profile',
      { profile: ownProfile, rank: 'default profile', env: { CCGRANT_ISSUER: 'https://evil.example' } },
      'CCGRANT_ISSUER',
    ],
    [
      'a variable names another client than the default profile',
      { profile: ownProfile, rank: 'default profile', env: { CCGRANT_CLIENT_ID: 'other' } },
      'CCGRANT_CLIENT_ID',
    ],
    [
      'the profile has a command and no issuer',
      { profile: { client_secret_command: ['x'] }, typed: { issuer: ['https://evil.example'] } },
      '--issuer',
    ],
  ])('it is not used when %s, and both sources are named', async (_, given, name) => {
    const failure = await failureOf(() => resolve(given));
    expect(failure.code).toBe('credential_misplaced');
    expect(failure.message).toContain(name);
    expect(failure.message).toContain('in profile dev');
    expect(failure.hint).toContain('--client-secret-file');
  });
});

describe('the rest of the client', () => {
  it('is what was said', async () => {
    const typed = { 'client-id': ['ci-bot'], 'auth-method': ['client_secret_post'], 'basic-encoding': ['raw'] };
    expect(await resolve({ typed })).toMatchObject({
      clientId: 'ci-bot',
      authMethod: 'client_secret_post',
      basicEncoding: 'raw',
    });
  });

  it('is open where nothing was said', async () => {
    expect(await resolve({})).toMatchObject({ clientId: undefined, authMethod: undefined, basicEncoding: undefined });
  });
});
