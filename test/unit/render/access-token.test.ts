import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { AccessToken } from '../../../src/client/access-token.ts';
import type { TokenFormat } from '../../../src/render/access-token.ts';
import { renderAccessToken } from '../../../src/render/access-token.ts';

const issuedOn = 1_700_000_000;
const token: AccessToken = {
  accessToken: 'eyJ.x-y_z.~',
  tokenType: 'Bearer',
  issuedOn,
  expiresOn: issuedOn + 300,
  response: { access_token: 'eyJ.x-y_z.~', token_type: 'bearer', expires_in: 300, scope: 'a', 'not-before-policy': 0 },
  isFromCache: false,
};

function render(format: TokenFormat, change: Partial<AccessToken> = {}, env = {}, now = issuedOn): string {
  return renderAccessToken({ ...token, ...change }, format, now, env);
}

describe('the formats of an access token', () => {
  it('token is the bare token', () => {
    expect(render('token')).toBe('eyJ.x-y_z.~');
  });

  it('header is an Authorization field', () => {
    expect(render('header')).toBe('Authorization: Bearer eyJ.x-y_z.~');
    expect(render('header', { tokenType: 'DPoP' })).toBe('Authorization: DPoP eyJ.x-y_z.~');
  });

  it('json has the members of the server, and ours win', () => {
    const response = { ...token.response, expires_on: 'x', expires_at: 'y', from_cache: 'z' };
    expect(JSON.parse(render('json', { response, isFromCache: true }, {}, issuedOn + 10.5))).toEqual({
      access_token: 'eyJ.x-y_z.~',
      token_type: 'bearer',
      expires_in: 289,
      scope: 'a',
      'not-before-policy': 0,
      expires_at: '2023-11-14T22:18:20Z',
      expires_on: issuedOn + 300,
      from_cache: true,
    });
  });

  it('json counts down to 0 and not below', () => {
    expect(JSON.parse(render('json', {}, {}, issuedOn + 1000)).expires_in).toBe(0);
  });

  it('json leaves the end out where nobody knows it', () => {
    const response = { access_token: 'x', token_type: 'Bearer' };
    expect(JSON.parse(render('json', { expiresOn: undefined, response }))).toEqual({ ...response, from_cache: false });
  });

  it('json has the end that only the token tells', () => {
    const response = { access_token: 'x', token_type: 'Bearer' };
    expect(JSON.parse(render('json', { response }))).toMatchObject({ expires_in: 300, expires_on: issuedOn + 300 });
  });

  it('env is a line that a shell reads back, whatever is in the token', () => {
    const accessToken = `a'b"c$(touch x)\`d\\e!`;
    const line = render('env', { accessToken });
    expect(line.startsWith('export CCGRANT_ACCESS_TOKEN=')).toBe(true);
    const read = execFileSync('sh', ['-c', `${line}\nprintf %s "$CCGRANT_ACCESS_TOKEN"`], { env: {} }).toString();
    expect(read).toBe(accessToken);
  });

  it('exec-credential is the answer of a credential plugin, which ends before the token does', () => {
    expect(JSON.parse(render('exec-credential'))).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'eyJ.x-y_z.~', expirationTimestamp: '2023-11-14T22:17:50Z' },
    });
    const hour = JSON.parse(render('exec-credential', { expiresOn: issuedOn + 3600 }));
    expect(hour.status.expirationTimestamp).toBe('2023-11-14T23:12:20Z');
  });

  it('exec-credential has no end where nobody knows it', () => {
    expect(JSON.parse(render('exec-credential', { expiresOn: undefined })).status).toEqual({ token: 'eyJ.x-y_z.~' });
  });

  it.each<[string | undefined, string]>([
    [undefined, 'client.authentication.k8s.io/v1'],
    [
      '{"apiVersion":"client.authentication.k8s.io/v1beta1","spec":{"interactive":false}}',
      'client.authentication.k8s.io/v1beta1',
    ],
    ['{"apiVersion":1}', 'client.authentication.k8s.io/v1'],
    ['{}', 'client.authentication.k8s.io/v1'],
    ['null', 'client.authentication.k8s.io/v1'],
    ['no JSON', 'client.authentication.k8s.io/v1'],
  ])('exec-credential with KUBERNETES_EXEC_INFO %s is of version %s', (info, apiVersion) => {
    expect(JSON.parse(render('exec-credential', {}, { KUBERNETES_EXEC_INFO: info })).apiVersion).toBe(apiVersion);
  });

  it.each<TokenFormat>(['token', 'header', 'json', 'env', 'exec-credential'])(
    '%s ends without a newline: the caller adds one',
    (format) => {
      expect(render(format)).not.toMatch(/\n$/);
    },
  );
});
