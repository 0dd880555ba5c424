import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { openAdmin } from '../support/keycloak/admin.ts';
import {
  beginningOfReadme,
  beginningOfScript,
  commandsOfReadme,
  stepsOfOutput,
  stepsOfReadme,
  stepsOfScript,
  withOmissions,
} from '../support/keycloak/example-steps.ts';
import { copyExamples, type ExampleResult, type Examples } from '../support/keycloak/examples.ts';
import { startFlaskServer } from '../support/keycloak/flask-server.ts';
import { findFreePorts } from '../support/keycloak/server-process.ts';

const address = inject('keycloak');
const admin = openAdmin(address);

describe('keycloak-service-account', () => {
  const example = 'keycloak-service-account';
  const scene = provideScene('my-app-realm');
  let home: Readonly<Record<string, string>>;
  let first: ExampleResult;
  let second: ExampleResult;

  beforeAll(async () => {
    home = await scene.examples.readHome();
    first = await scene.examples.run(example, { env: await setEveryVariable() });
    second = await scene.examples.runByHand(example, commandsOfReadme(await readExample(example, 'README.md')));
  });

  checkReadme(example);

  test('the README shows beside each step the kcadm line for it', async () => {
    const lines = Object.values(stepsOfReadme(await readExample(example, 'README.md'), 'shell'));

    expect(lines.map((line) => line.match(/kcadm\.sh \S+ \S+/)?.[0])).toEqual([
      'kcadm.sh config credentials',
      'kcadm.sh create realms',
      'kcadm.sh create clients',
      'kcadm.sh get clients',
      'kcadm.sh create roles',
      'kcadm.sh add-roles -r',
      undefined,
    ]);
  });

  test('the script prints what the README shows', async () => {
    expect(first.exitCode, first.output).toBe(0);
    await expectShownOutput(example, first);
  });

  test('the second run, by hand, changes nothing and says so', async () => {
    expect(second.exitCode, second.output).toBe(0);
    await expectShownOutput(example, second, { created: 'there already' });
  });

  test('the configuration of the user is neither read nor changed, and nothing else gets into the home', async () => {
    expect(await scene.examples.readHome()).toEqual(home);
  });

  test('Keycloak holds a confidential client of the client credentials grant alone', async () => {
    expect(await readClient('my-app-realm', 'backend-service')).toMatchObject({
      enabled: true,
      clientAuthenticatorType: 'client-secret',
      publicClient: false,
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
      directAccessGrantsEnabled: false,
    });
  });

  test('the service account has the role', async () => {
    const { id } = await readClient('my-app-realm', 'backend-service');
    const { body: user } = await admin.request('GET', `/my-app-realm/clients/${id}/service-account-user`);
    const { body: roles } = await admin.request(
      'GET',
      `/my-app-realm/users/${(user as { id: string }).id}/role-mappings/realm`,
    );

    expect(roles).toContainEqual(expect.objectContaining({ name: 'backend-access' }));
  });

  test('the secret of the client is in a file that only its owner can read, and nowhere else', async () => {
    const { secret } = await readClient('my-app-realm', 'backend-service');

    expect(await readFile(scene.examples.stateFile(example, 'backend-service.secret'), 'utf8')).toBe(`${secret}\n`);
    await expectPrivate(scene.examples, example, ['backend-service.secret', 'client.json', 'token.txt', 'token.json']);
    await expectNothingShown(scene.examples, example, [first, second], [secret]);
  });

  test('a request that Keycloak refuses ends the script with its answer', async () => {
    const { adminClientId, adminClientSecret, remove } = await createPowerlessClient();
    try {
      const result = await scene.examples.run(example, {
        env: {
          KEYCLOAK_ADMIN_CLIENT_ID: adminClientId,
          KEYCLOAK_ADMIN_CLIENT_SECRET_FILE: await scene.examples.writeFile('powerless.secret', adminClientSecret),
        },
      });

      expect(result.exitCode, result.output).toBe(1);
      expect(result.output).toMatch(/^error: POST .*\/admin\/realms: .*HTTP 403 Forbidden.* 403$/m);
      expect(Object.keys(stepsOfOutput(result.output)).at(-1)).toBe('the realm');
      await expect(
        stat(scene.examples.stateFile(example, 'token.txt')),
        'the token of an earlier run',
      ).rejects.toThrow();
    } finally {
      await remove();
    }
  });
});

describe('keycloak-myorg', () => {
  const example = 'keycloak-myorg';
  const scene = provideScene('myorg');
  let withoutApi: ExampleResult;
  let withApi: ExampleResult;
  let byHand: ExampleResult;
  let apiUrl: string;

  beforeAll(async () => {
    const [freePort] = await findFreePorts(1);
    const freeUrl = `http://localhost:${freePort}`;
    withoutApi = await scene.examples.run(example, { env: { ...(await setEveryVariable()), API_URL: freeUrl } });
    const api = await startFlaskServer(`${address.baseUrl}/realms/myorg`);
    apiUrl = api.url;
    try {
      withApi = await scene.examples.run(example, { env: { API_URL: apiUrl } });
      const commands = commandsOfReadme(await readExample(example, 'README.md'));
      byHand = await scene.examples.runByHand(example, commands, { env: { API_URL: apiUrl } });
    } finally {
      await api.stop();
    }
  });

  checkReadme(example);

  test('without the API the script prints what the README shows, and that calling it is left out', async () => {
    expect(withoutApi.exitCode, withoutApi.output).toBe(0);
    await expectShownOutput(example, withoutApi, {}, ['call the API']);
    expect(stepsOfOutput(withoutApi.output)['call the API']).toContain('left out: no API at http://localhost:');
  });

  test('with the API the second run prints what the README shows, and that all is there already', async () => {
    expect(withApi.exitCode, withApi.output).toBe(0);
    await expectShownOutput(example, withApi, { created: 'there already', 'http://localhost:50100': apiUrl });
  });

  test('the steps of the README print the same by hand', async () => {
    expect(byHand.exitCode, byHand.output).toBe(0);
    await expectShownOutput(example, byHand, { created: 'there already', 'http://localhost:50100': apiUrl });
  });

  test('Keycloak holds the client with the optional scope, whose mapper names the resource server', async () => {
    const { id, serviceAccountsEnabled, optionalClientScopes } = await readClient('myorg', 'test_api_client');
    expect(serviceAccountsEnabled).toBe(true);
    expect(optionalClientScopes).toContain('test_api_access');

    const { body: scopes } = await admin.request('GET', `/myorg/clients/${id}/optional-client-scopes`);
    const scope = (scopes as { id: string; name: string }[]).find(({ name }) => name === 'test_api_access');
    const { body: mappers } = await admin.request('GET', `/myorg/client-scopes/${scope?.id}/protocol-mappers/models`);
    expect(mappers).toMatchObject([
      { protocolMapper: 'oidc-audience-mapper', config: { 'included.client.audience': 'test_api_resource' } },
    ]);
  });

  test('Keycloak holds the resource server as a confidential client without a service account', async () => {
    expect(await readClient('myorg', 'test_api_resource')).toMatchObject({
      publicClient: false,
      serviceAccountsEnabled: false,
      standardFlowEnabled: false,
    });
  });

  test('the secrets of both clients are in files that only their owner can read, and nowhere else', async () => {
    const secrets = await Promise.all(
      ['test_api_client', 'test_api_resource'].map(async (clientId) => {
        const { secret } = await readClient('myorg', clientId);
        expect(await readFile(scene.examples.stateFile(example, `${clientId}.secret`), 'utf8')).toBe(`${secret}\n`);
        return secret;
      }),
    );

    await expectPrivate(scene.examples, example, [
      'test_api_client.secret',
      'test_api_resource.secret',
      'client.json',
      'resource.json',
      'token.txt',
    ]);
    await expectNothingShown(scene.examples, example, [withoutApi, withApi, byHand], secrets);
  });

  test('an API that answers with an error is not left out', async () => {
    const result = await scene.examples.run(example, { env: { API_URL: address.baseUrl } });

    expect(result.exitCode, result.output).toBe(22);
    expect(stepsOfOutput(result.output)['call the API']).toContain('error[http_status]: the API answered 404');
    expect(Object.keys(stepsOfOutput(result.output)).at(-1)).toBe('call the API');
  });
});

describe('mtls-playbook', () => {
  const example = 'mtls-playbook';
  const scene = provideScene('oauth2-playbook');
  const env = { KEYCLOAK_URL: address.secureBaseUrl, PKI: address.pki };
  const certificatesAreThere = { 'certificates: made': 'certificates: there already' };
  const secureHost = { 'localhost:8443': new URL(address.secureBaseUrl).host };
  let first: ExampleResult;
  let second: ExampleResult;

  beforeAll(async () => {
    first = await scene.examples.run(example, { env: { ...(await setEveryVariable()), ...env } });
    const commands = commandsOfReadme(await readExample(example, 'README.md'));
    second = await scene.examples.runByHand(example, commands, { env });
  });

  checkReadme(example);

  test('the script prints what the README shows', async () => {
    expect(first.exitCode, first.output).toBe(0);
    await expectShownOutput(example, first, { ...secureHost, ...certificatesAreThere });
  });

  test('the second run, by hand, changes nothing and says so', async () => {
    expect(second.exitCode, second.output).toBe(0);
    await expectShownOutput(example, second, { ...secureHost, ...certificatesAreThere, created: 'there already' });
  });

  test('Keycloak holds a client that authenticates by its certificate, and whose tokens are bound to it', async () => {
    expect(await readClient('oauth2-playbook', 'client-credentials-client')).toMatchObject({
      clientAuthenticatorType: 'client-x509',
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
      attributes: { 'x509.subjectdn': 'CN=mtls-client', 'tls.client.certificate.bound.access.tokens': 'true' },
    });
  });

  test('no token and no key is shown', async () => {
    const key = (await readFile(join(address.pki, 'client.key'), 'utf8')).split('\n')[1] ?? '';
    await expectPrivate(scene.examples, example, ['client.json', 'token.txt', 'token.json', 'verified.json']);
    await expectNothingShown(scene.examples, example, [first, second], [key]);
  });
});

describe.each([
  ['keycloak-service-account', 'my-app-realm'],
  ['keycloak-myorg', 'myorg'],
])('%s changes nothing', (example, realmName) => {
  const scene = provideScene(realmName);

  afterEach(scene.expectAbsent);

  test('with a wrong secret of the admin client', async () => {
    const KEYCLOAK_ADMIN_CLIENT_SECRET_FILE = await scene.examples.writeFile('wrong.secret', 'not-the-secret');

    const result = await scene.examples.run(example, { env: { KEYCLOAK_ADMIN_CLIENT_SECRET_FILE } });

    expect(result.exitCode, result.output).toBe(3);
    expect(result.output).toMatch(/^error\[unauthorized_client\]: /m);
    expect(result.output).toContain(`client_id=${address.adminClientId}`);
    expect(result.output).toContain(
      `error: there is a Keycloak at ${address.baseUrl}, and ${address.adminClientId} gets no token there`,
    );
    expect(result.output).not.toContain('not-the-secret');
  });

  test('without a secret of the admin client, whose file it names', async () => {
    const result = await scene.examples.run(example, {
      env: { KEYCLOAK_ADMIN_CLIENT_SECRET_FILE: '/nowhere/admin.secret' },
    });

    expect(result.exitCode, result.output).toBe(2);
    expect(result.output).toMatch(/^error: .* with the secret in \/nowhere\/admin\.secret$/m);
  });

  test('when Keycloak is not there', async () => {
    const [freePort] = await findFreePorts(1);
    const url = `http://localhost:${freePort}`;

    const result = await scene.examples.run(example, { env: { KEYCLOAK_URL: url } });

    expect(result.exitCode, result.output).toBe(4);
    expect(result.output).toMatch(/^error\[connection_failed\]: /m);
    expect(result.output).toContain(`error: no Keycloak at ${url}\n`);
  });

  test.each([
    ['ccgrant', /^error: ccgrant is not installed\n {2}hint: {3}\(cd '\/.+' && npm ci && npm link\)\n$/],
    ['jq', /^error: jq is not installed\n$/],
  ])('when %s is not installed', async (program, output) => {
    const result = await scene.examples.run(example, { without: [program] });

    expect(result).toEqual({ exitCode: 127, output: expect.stringMatching(output) });
  });
});

/** The steps of the README are those of the script, command by command. */
function checkReadme(example: string) {
  test('the README shows the commands of the script, and no others', async () => {
    const script = stepsOfScript(await readExample(example, 'run.sh'));
    const readme = stepsOfReadme(await readExample(example, 'README.md'), 'sh');

    expect(Object.entries(readme)).toEqual(Object.entries(script));
  });

  test('the README begins by hand as the script does', async () => {
    const beginning = beginningOfScript(await readExample(example, 'run.sh'));

    expect(beginning).toContain('keycloak-admin.sh');
    expect(beginningOfReadme(await readExample(example, 'README.md'))).toBe(beginning);
  });
}

/** Each variable of ccgrant that its README names, with a value that would end or misdirect every command. */
async function setEveryVariable(): Promise<Record<string, string>> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  return Object.fromEntries([...readme.matchAll(/CCGRANT_[A-Z_]+/g)].map(([name]) => [name, 'mine']));
}

/** Compares what a script printed with the README, where `replacements` stand for what differs in this run. */
async function expectShownOutput(
  example: string,
  { output }: ExampleResult,
  replacements: Readonly<Record<string, string>> = {},
  leftOut: readonly string[] = [],
) {
  const shown = stepsOfReadme(await readExample(example, 'README.md'), 'text');
  const printed = stepsOfOutput(output);
  expect(Object.keys(printed)).toEqual(Object.keys(shown));
  for (const [title, text] of Object.entries(shown).filter(([name]) => !leftOut.includes(name))) {
    const expected = Object.entries({ 'http://localhost:8080': address.baseUrl, ...replacements }).reduce(
      (result, [from, to]) => result.replaceAll(from, to),
      text,
    );
    expect(printed[title], title).toMatch(withOmissions(expected));
  }
}

async function expectPrivate(examples: Examples, example: string, names: readonly string[]) {
  for (const name of names) {
    const { mode } = await stat(examples.stateFile(example, name));
    expect((mode & 0o777).toString(8), name).toBe('600');
  }
  const { mode } = await stat(examples.stateFile(example, '.'));
  expect((mode & 0o777).toString(8)).toBe('700');
}

/** No secret and no token is in what was printed or in a command line. */
async function expectNothingShown(
  examples: Examples,
  example: string,
  results: readonly ExampleResult[],
  secrets: readonly string[],
) {
  const token = (await readFile(examples.stateFile(example, 'token.txt'), 'utf8')).trim();
  const places = [...results.map(({ output }) => output), await examples.readCommandLines()];
  for (const secret of [...secrets, token, address.adminClientSecret]) {
    for (const place of places) expect(place.includes(secret)).toBe(false);
  }
}

/** Copies the examples for tests whose scripts make a realm: one of somebody else is neither used nor removed. */
function provideScene(realm: string) {
  let isOurs = false;
  let examples: Examples;
  const expectAbsent = async (): Promise<void> => {
    await admin.request('GET', `/${realm}`, undefined, [404]);
    isOurs = true;
  };

  beforeAll(async () => {
    await expectAbsent();
    examples = await copyExamples(address);
  });

  afterAll(async () => {
    await examples?.remove();
    if (isOurs) await admin.request('DELETE', `/${realm}`, undefined, [204, 404]);
  });

  return {
    expectAbsent,
    get examples() {
      return examples;
    },
  };
}

interface ClientRepresentation {
  readonly id: string;
  readonly secret: string;
  readonly serviceAccountsEnabled: boolean;
  readonly optionalClientScopes: readonly string[];
}

async function readClient(realm: string, clientId: string): Promise<ClientRepresentation> {
  const { body } = await admin.request('GET', `/${realm}/clients?clientId=${clientId}`);
  const [client] = body as ClientRepresentation[];
  if (client === undefined) throw new Error(`the realm ${realm} has no client ${clientId}`);
  return client;
}

/** A client of the realm `master` that gets tokens and may do nothing with them. */
async function createPowerlessClient() {
  const client = { adminClientId: 'powerless', adminClientSecret: 'powerless-secret' };
  const { createdId } = await admin.request('POST', '/master/clients', {
    clientId: client.adminClientId,
    secret: client.adminClientSecret,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
  });
  return { ...client, remove: () => admin.request('DELETE', `/master/clients/${createdId}`) };
}

function readExample(example: string, file: string): Promise<string> {
  return readFile(new URL(`../../examples/${example}/${file}`, import.meta.url), 'utf8');
}
