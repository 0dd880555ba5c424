import { createHmac, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import * as oracle from 'dpop';
import { exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DpopKey, generateDpopKey, type ProofChanges, prove } from '../support/resource-server/dpop-proof.ts';
import { type LocalIssuer, startLocalIssuer } from '../support/resource-server/local-issuer.ts';
import { buildNodeServers, type NodeServer, type NodeServers } from '../support/resource-server/node-server.ts';
import { type ResourceResponse, send, type TlsOptions } from '../support/resource-server/send.ts';
import { createWorkspace } from '../support/run-ccgrant.ts';
import { type CertificateAuthority, createCertificateAuthority } from '../support/tls.ts';

const routes = ['/api/private', '/api/private-scoped', '/api/bound'];

let issuer: LocalIssuer;
let servers: NodeServers;

beforeAll(async () => {
  issuer = await startLocalIssuer();
  servers = await buildNodeServers();
});

afterAll(async () => {
  await servers?.[Symbol.asyncDispose]();
  await issuer?.[Symbol.asyncDispose]();
});

const dpop = (token: string, proof: string | readonly string[]) => ({ authorization: `DPoP ${token}`, dpop: proof });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Status and error, and which scheme the error stands beside. */
function outcome({ status, body, fields }: ResourceResponse) {
  const scheme = fields('www-authenticate')
    .find((challenge) => challenge.includes('error='))
    ?.split(' ', 1)[0];
  return [status, body.error, scheme].filter((part) => part !== undefined).join(' ');
}

describe('DPoP', () => {
  let server: NodeServer;
  let key: DpopKey;
  let token: string;

  beforeAll(async () => {
    server = await servers.start({ API_ISSUER: issuer.issuer });
    key = await generateDpopKey();
    token = await issuer.sign({ cnf: { jkt: key.thumbprint, 'kc-jkt-type': 'DPoP' } });
  });

  const bound = () => `${server.url}/api/bound`;

  test.each(routes)('a bound token passes at %s with a proof', async (path) => {
    const url = `${server.url}${path}`;
    expect(outcome(await send(url, dpop(token, await prove(key, url, token))))).toBe('200');
  });

  test.each(['ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA', 'PS256', 'RS256'])(
    'a proof with %s passes',
    async (alg) => {
      const other = await generateDpopKey(alg);
      const ofOther = await issuer.sign({ cnf: { jkt: other.thumbprint } });
      expect(outcome(await send(bound(), dpop(ofOther, await prove(other, bound(), ofOther))))).toBe('200');
    },
  );

  test.each(['ES256', 'Ed25519', 'RS256', 'PS256'] as const)(
    'a proof of the dpop package with %s passes',
    async (alg) => {
      const pair = await oracle.generateKeyPair(alg);
      const ofOracle = await issuer.sign({ cnf: { jkt: await oracle.calculateThumbprint(pair.publicKey) } });
      const proof = () => oracle.generateProof(pair, bound(), 'GET', undefined, ofOracle);
      expect(outcome(await send(bound(), dpop(ofOracle, await proof())))).toBe('200');
      expect(outcome(await send(bound(), dpop(token, await proof())))).toBe('401 invalid_dpop_proof DPoP');
    },
  );

  test('the scheme may be spelled in any case, and the query does not belong to htu', async () => {
    const authorization = `dPoP ${token}`;
    const response = await send(`${bound()}?page=2`, { authorization, dpop: await prove(key, bound(), token) });
    expect(outcome(response)).toBe('200');
  });

  test('htu may have query, fragment and a name in capitals', async () => {
    const htu = `${bound().replace('localhost', 'LOCALHOST')}?page=1#top`;
    expect(outcome(await send(bound(), dpop(token, await prove(key, htu, token))))).toBe('200');
  });

  test('a proof for HEAD is for HEAD', async () => {
    const forHead = await prove(key, bound(), token, { claims: { htm: 'HEAD' } });
    expect((await send(bound(), dpop(token, forHead), undefined, 'HEAD')).status).toBe(200);
  });

  const now = Math.floor(Date.now() / 1000);
  const wrong: readonly (readonly [string, ProofChanges])[] = [
    ['for another method', { claims: { htm: 'POST' } }],
    ['for the method in small letters', { claims: { htm: 'get' } }],
    ['for another port', { claims: { htu: 'http://localhost/api/bound' } }],
    ['for no URL', { claims: { htu: '/api/bound' } }],
    ['for another token', { claims: { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' } }],
    ['of two minutes ago', { claims: { iat: now - 120 } }],
    ['of the next minute but one', { claims: { iat: now + 120 } }],
    ['that has expired', { claims: { exp: now - 60 } }],
    ['without iat', { claims: { iat: undefined } }],
    ['without jti', { claims: { jti: undefined } }],
    ['whose jti is a number', { claims: { jti: 1 } }],
    ['without htm', { claims: { htm: undefined } }],
    ['without htu', { claims: { htu: undefined } }],
    ['without ath', { claims: { ath: undefined } }],
    ['of the type JWT', { header: { typ: 'JWT' } }],
    ['without a type', { header: { typ: undefined } }],
    ['without a key', { header: { jwk: undefined } }],
    ['with a key by its name alone', { header: { jwk: undefined, kid: 'key' } }],
  ];
  test.each(wrong)('a proof %s is refused', async (_, changes) => {
    const proof = await prove(key, bound(), token, changes);
    expect(outcome(await send(bound(), dpop(token, proof)))).toBe('401 invalid_dpop_proof DPoP');
  });

  test('a proof with the private key in it is refused', async () => {
    const proof = await prove(key, bound(), token, { header: { jwk: await exportJWK(key.privateKey) } });
    expect(outcome(await send(bound(), dpop(token, proof)))).toBe('401 invalid_dpop_proof DPoP');
  });

  test.each(['none', 'HS256'])('a proof with alg %s is refused', async (alg) => {
    const secret = { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I' };
    const header = { alg, typ: 'dpop+jwt', jwk: alg === 'none' ? key.publicJwk : secret };
    const [, payload = ''] = (await prove(key, bound(), token)).split('.');
    const input = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}`;
    const mac = createHmac('sha256', Buffer.from(secret.k, 'base64url')).update(input).digest('base64url');
    const proof = `${input}.${alg === 'none' ? '' : mac}`;
    expect(outcome(await send(bound(), dpop(token, proof)))).toBe('401 invalid_dpop_proof DPoP');
  });

  test('a proof that is signed with another key than it shows is refused', async () => {
    const other = await generateDpopKey();
    const proof = await prove(other, bound(), token, { header: { jwk: key.publicJwk } });
    expect(outcome(await send(bound(), dpop(token, proof)))).toBe('401 invalid_dpop_proof DPoP');
  });

  test('a token that is bound to another key is refused', async () => {
    const thief = await generateDpopKey();
    const proof = await prove(thief, bound(), token);
    expect(outcome(await send(bound(), dpop(token, proof)))).toBe('401 invalid_token DPoP');
  });

  test.each(['', 'garbage', 'a.b.c'])('a DPoP field with "%s" is refused', async (proof) => {
    expect(outcome(await send(bound(), dpop(token, proof)))).toBe('401 invalid_dpop_proof DPoP');
  });

  test('none and two DPoP fields are refused', async () => {
    const two = [await prove(key, bound(), token), await prove(key, bound(), token)];
    expect(outcome(await send(bound(), dpop(token, two)))).toBe('401 invalid_dpop_proof DPoP');
    expect(outcome(await send(bound(), { authorization: `DPoP ${token}` }))).toBe('401 invalid_dpop_proof DPoP');
  });

  test('a proof is good once, and one that was refused for something else is not used up', async () => {
    const proof = await prove(key, bound(), token);
    const elsewhere = await send(`${server.url}/api/private`, dpop(token, proof));
    const first = await send(bound(), dpop(token, proof));
    const second = await send(bound(), dpop(token, proof));
    expect([elsewhere, first, second].map(outcome)).toEqual([
      '401 invalid_dpop_proof DPoP',
      '200',
      '401 invalid_dpop_proof DPoP',
    ]);
  });

  test('a jti of one client is no obstacle to another', async () => {
    const other = await generateDpopKey();
    const ofOther = await issuer.sign({ cnf: { jkt: other.thumbprint } });
    const claims = { jti: 'the same' };
    expect(outcome(await send(bound(), dpop(token, await prove(key, bound(), token, { claims }))))).toBe('200');
    expect(outcome(await send(bound(), dpop(ofOther, await prove(other, bound(), ofOther, { claims }))))).toBe('200');
  });

  test('the Host field of a request does not decide what a proof is for', async () => {
    const htu = 'http://api.example/api/bound';
    const response = await send(bound(), { ...dpop(token, await prove(key, htu, token)), host: 'api.example' });
    expect(outcome(response)).toBe('401 invalid_dpop_proof DPoP');
  });

  test.each(routes)('a bound token as Bearer is refused at %s, with its proof too', async (path) => {
    const url = `${server.url}${path}`;
    const scheme = path === '/api/bound' ? 'DPoP' : 'Bearer';
    expect(outcome(await send(url, bearer(token)))).toBe(`401 invalid_token ${scheme}`);
    const proof = await prove(key, url, token);
    expect(outcome(await send(url, { ...bearer(token), dpop: proof }))).toBe(`401 invalid_token ${scheme}`);
  });

  test('a token that is not bound is refused as DPoP everywhere, and as Bearer where bound ones are required', async () => {
    const unbound = await issuer.sign();
    const url = `${server.url}/api/private`;
    expect(outcome(await send(url, dpop(unbound, await prove(key, url, unbound))))).toBe('401 invalid_token DPoP');
    expect(outcome(await send(url, bearer(unbound)))).toBe('200');
    expect(outcome(await send(bound(), bearer(unbound)))).toBe('401 invalid_token DPoP');
  });

  test('without TLS the bound route offers DPoP alone', async () => {
    expect((await send(bound(), {})).fields('www-authenticate')).toEqual([expect.stringMatching(/^DPoP algs="ES256 /)]);
  });

  test('a token whose scope does not suffice says so, once its proof is good', async () => {
    const url = `${server.url}/api/private-scoped`;
    const unscoped = await issuer.sign({ scope: 'email', cnf: { jkt: key.thumbprint } });
    expect(outcome(await send(url, dpop(unscoped, await prove(key, url, unscoped))))).toBe(
      '403 insufficient_scope DPoP',
    );
    expect(outcome(await send(url, dpop(unscoped, 'garbage')))).toBe('401 invalid_dpop_proof DPoP');
  });

  test('no nonce is asked for or given', async () => {
    const response = await send(bound(), dpop(token, await prove(key, bound(), token)));
    expect(response.fields('dpop-nonce')).toEqual([]);
  });

  describe('with a nonce', () => {
    let strict: NodeServer;
    const strictBound = () => `${strict.url}/api/bound`;

    beforeAll(async () => {
      strict = await servers.start({ API_ISSUER: issuer.issuer, API_DPOP_NONCE: 'on' });
    });

    test('a proof without one is answered with one, which the next proof needs', async () => {
      const first = await send(strictBound(), dpop(token, await prove(key, strictBound(), token)));
      expect(outcome(first)).toBe('401 use_dpop_nonce DPoP');
      const [nonce, ...more] = first.fields('dpop-nonce');
      expect([nonce, more]).toEqual([expect.stringMatching(/^[\w-]{43}$/), []]);

      const second = await send(
        strictBound(),
        dpop(token, await prove(key, strictBound(), token, { claims: { nonce } })),
      );
      expect(outcome(second)).toBe('200');
      expect(second.fields('dpop-nonce')).toHaveLength(1);
    });

    test('the dpop package gets along with it', async () => {
      const pair = await oracle.generateKeyPair('ES256');
      const ofOracle = await issuer.sign({ cnf: { jkt: await oracle.calculateThumbprint(pair.publicKey) } });
      const ask = async (nonce?: string) =>
        send(strictBound(), dpop(ofOracle, await oracle.generateProof(pair, strictBound(), 'GET', nonce, ofOracle)));

      const [nonce] = (await ask()).fields('dpop-nonce');
      expect(outcome(await ask(nonce))).toBe('200');
    });

    test('a nonce that is made up is refused', async () => {
      const proof = await prove(key, strictBound(), token, { claims: { nonce: 'A'.repeat(43) } });
      expect(outcome(await send(strictBound(), dpop(token, proof)))).toBe('401 use_dpop_nonce DPoP');
    });
  });
});

describe('certificate-bound tokens', () => {
  let authority: CertificateAuthority;
  let otherAuthority: CertificateAuthority;
  let anyCertificate: NodeServer;
  let trustedOnly: NodeServer;
  /** What clients present: certificates of both authorities, and none. */
  let clients: Readonly<Record<'client' | 'other' | 'ofOtherAuthority' | 'none', TlsOptions>>;
  let removeFiles: () => Promise<void>;

  beforeAll(async () => {
    authority = await createCertificateAuthority();
    otherAuthority = await createCertificateAuthority();
    const { certificate: ca } = authority;
    clients = {
      client: { ca, ...(await authority.issue(['client'])) },
      other: { ca, ...(await authority.issue(['other'])) },
      ofOtherAuthority: { ca, ...(await otherAuthority.issue(['client'])) },
      none: { ca },
    };
    const { directory, remove } = await createWorkspace();
    removeFiles = remove;
    const file = async (name: string, content: string) => {
      await writeFile(join(directory, name), content);
      return join(directory, name);
    };
    const { cert, key } = await authority.issue(['localhost']);
    const env = {
      API_ISSUER: issuer.issuer,
      API_TLS_CERT: await file('cert.pem', cert),
      API_TLS_KEY: await file('key.pem', key),
    };
    anyCertificate = await servers.start(env, clients.none);
    trustedOnly = await servers.start({ ...env, API_TLS_CLIENT_CA: await file('ca.pem', ca) }, clients.none);
  });

  afterAll(async () => {
    await removeFiles?.();
    await authority?.[Symbol.asyncDispose]();
    await otherAuthority?.[Symbol.asyncDispose]();
  });

  /** Independent of what the server computes: the fingerprint that Node shows, colons and all. */
  const thumbprint = ({ cert = '' }: TlsOptions) =>
    Buffer.from(new X509Certificate(cert).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  const tokenFor = (tls: TlsOptions, more = {}) => issuer.sign({ cnf: { 'x5t#S256': thumbprint(tls), ...more } });

  test.each(routes)('pass at %s with the certificate, and with no other and none', async (path) => {
    const headers = bearer(await tokenFor(clients.client));
    for (const { url } of [anyCertificate, trustedOnly]) {
      const ask = async (tls: TlsOptions) => outcome(await send(`${url}${path}`, headers, tls));
      expect(await ask(clients.client)).toBe('200');
      expect(await ask(clients.other)).toBe('401 invalid_token Bearer');
      expect(await ask(clients.none)).toBe('401 invalid_token Bearer');
    }
  });

  test('with a certificate of another CA pass only where none is set', async () => {
    const { ofOtherAuthority } = clients;
    const headers = bearer(await tokenFor(ofOtherAuthority));
    expect(outcome(await send(`${anyCertificate.url}/api/bound`, headers, ofOtherAuthority))).toBe('200');
    expect(outcome(await send(`${trustedOnly.url}/api/bound`, headers, ofOtherAuthority))).toBe(
      '401 invalid_token Bearer',
    );
  });

  test('a token that is not bound passes with any certificate where it is not required to be', async () => {
    const headers = bearer(await issuer.sign());
    expect(outcome(await send(`${trustedOnly.url}/api/private`, headers, clients.none))).toBe('200');
    expect(outcome(await send(`${trustedOnly.url}/api/private`, headers, clients.client))).toBe('200');
    expect(outcome(await send(`${trustedOnly.url}/api/bound`, headers, clients.client))).toBe(
      '401 invalid_token Bearer',
    );
  });

  test('a token that is bound to a certificate and to a key needs both', async () => {
    const url = `${anyCertificate.url}/api/bound`;
    const key = await generateDpopKey();
    const token = await tokenFor(clients.client, { jkt: key.thumbprint });
    const ask = async (tls: TlsOptions) => outcome(await send(url, dpop(token, await prove(key, url, token)), tls));

    expect(await ask(clients.client)).toBe('200');
    expect(await ask(clients.none)).toBe('401 invalid_token DPoP');
    expect(outcome(await send(url, dpop(token, 'garbage'), clients.client))).toBe('401 invalid_dpop_proof DPoP');
    expect(outcome(await send(url, bearer(token), clients.client))).toBe('401 invalid_token Bearer');
  });

  test('a DPoP-bound token passes without a certificate', async () => {
    const url = `${trustedOnly.url}/api/bound`;
    const key = await generateDpopKey();
    const token = await issuer.sign({ cnf: { jkt: key.thumbprint } });
    expect(outcome(await send(url, dpop(token, await prove(key, url, token)), clients.none))).toBe('200');
  });

  test('a TLS session that is resumed is still that of its certificate', async () => {
    const headers = bearer(await tokenFor(clients.client));
    for (const { url } of [anyCertificate, trustedOnly]) {
      const agent = new Agent({ ...clients.client });
      const resumed = [];
      for (const _ of ['first', 'second']) {
        const [response] = await once(get(`${url}/api/bound`, { agent, headers }), 'response');
        expect(response.statusCode).toBe(200);
        resumed.push(response.socket.isSessionReused());
        await once(response.resume(), 'close');
      }
      expect(resumed).toEqual([false, true]);
    }
  });

  test('the metadata says that they are taken, and the bound route offers both ways', async () => {
    const url = `${trustedOnly.url}/.well-known/oauth-protected-resource/api/bound`;
    expect((await send(url, {}, clients.none)).body).toMatchObject({
      resource: `${trustedOnly.url}/api/bound`,
      dpop_bound_access_tokens_required: false,
      tls_client_certificate_bound_access_tokens: true,
    });
    const challenges = (await send(`${trustedOnly.url}/api/bound`, {}, clients.none)).fields('www-authenticate');
    expect(challenges.map((challenge) => challenge.split(' ', 1)[0])).toEqual(['Bearer', 'DPoP']);
  });

  test('key and certificate that do not fit are said at the start', async () => {
    const workspace = await createWorkspace();
    const { cert } = await authority.issue(['localhost']);
    const { key } = await authority.issue(['localhost']);
    const { exitCode, stderr } = await servers.runToEnd({
      API_ISSUER: issuer.issuer,
      API_TLS_CERT: await workspace.writeFile('cert.pem', cert),
      API_TLS_KEY: await workspace.writeFile('key.pem', key),
    });
    await workspace.remove();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^API_TLS_CERT, API_TLS_KEY, API_TLS_CLIENT_CA: .*key values mismatch\n$/);
  });
});
