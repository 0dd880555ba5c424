import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Answer, Answers, HttpServer } from '../support/http-server.ts';
import { closedPort, json, startHttpServer } from '../support/http-server.ts';
import type { CcgrantResult, RunOptions, Workspace } from '../support/run-ccgrant.ts';
import { createWorkspace } from '../support/run-ccgrant.ts';
import type { CertificateAuthority } from '../support/tls.ts';
import { createCertificateAuthority } from '../support/tls.ts';
import { copyProgram, execute, type ProgramCopy } from '../support/unprivileged.ts';

const clientId = 'ci-bot';
const secret = 'S3cr3t/+=%"';
const secretForms = [
  secret,
  encodeURIComponent(secret),
  btoa(secret),
  btoa(`${clientId}:${encodeURIComponent(secret)}`),
];

let server: HttpServer;
let tlsServer: HttpServer;
let authority: CertificateAuthority;
let unusedPort: number;
/** With the certificate of the authority in its directory. */
let program: ProgramCopy;

beforeAll(async () => {
  unusedPort = await closedPort();
  authority = await createCertificateAuthority();
  server = await startHttpServer(answers);
  tlsServer = await startHttpServer(answers, await authority.issue(['127.0.0.1']));
  program = await copyProgram();
  await writeFile(join(program.directory, 'ca.pem'), authority.certificate);
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await tlsServer?.[Symbol.asyncDispose]();
  await authority?.[Symbol.asyncDispose]();
  await program?.[Symbol.asyncDispose]();
});

/** The issuer below /issuer of the server that is asked; the one below /other is another one. */
const metadata: Answer = (request, response) => {
  const issuer = `http${request.headers.host === `127.0.0.1:${tlsServer.port}` ? 's' : ''}://${request.headers.host}/issuer`;
  return json({ issuer, token_endpoint: `${issuer}/token` })(request, response);
};

let tokens = 0;

const issueToken: Answer = (request, response) => {
  const { headers, form } = request;
  const [id, password] = atob(headers.authorization?.slice(6) ?? '')
    .split(':')
    .map(decodeURIComponent);
  const refuse = (status: number, error: string, error_description: string): unknown =>
    json({ error, error_description }, status)(request, response);
  if (id !== clientId) return refuse(401, 'invalid_client', 'Invalid client or Invalid client credentials');
  if (password !== secret) return refuse(401, 'unauthorized_client', 'Invalid client or Invalid client credentials');
  if (form.get('scope') === 'nope') return refuse(400, 'invalid_scope', 'Invalid scopes: nope');
  tokens += 1;
  return json({ access_token: `token-${tokens}`, token_type: 'Bearer', expires_in: 300 })(request, response);
};

const answers: Answers = {
  '/issuer/.well-known/openid-configuration': metadata,
  '/other/.well-known/openid-configuration': metadata,
  '/issuer/token': issueToken,
};

/** The ordinary environment of a client that gets its token. */
function client(): Record<string, string> {
  return { CCGRANT_ISSUER: `${server.origin}/issuer`, CCGRANT_CLIENT_ID: clientId, CCGRANT_CLIENT_SECRET: secret };
}

function withoutSecret(): Record<string, string> {
  const { CCGRANT_CLIENT_SECRET: _, ...rest } = client();
  return rest;
}

/** One kind of bad input, and what it gets. */
interface Row {
  readonly args?: readonly string[];
  readonly env?: () => Record<string, string>;
  readonly stdin?: string;
  /** Puts the files into place. */
  readonly prepare?: (workspace: Workspace) => Promise<unknown>;
  /** Runs it otherwise than by the binary with these arguments. */
  readonly run?: (workspace: Workspace, args: readonly string[], options: RunOptions) => Promise<CcgrantResult>;
  readonly exitCode: number;
  /** The word in brackets; none for what works all the same. */
  readonly word?: string;
  /** A telling part of what is said on standard error. */
  readonly says?: RegExp;
  /** Standard output; empty unless something else is said. */
  readonly stdout?: RegExp;
  /** What must appear nowhere, beside the secret. */
  readonly never?: string;
}

const asUnprivileged: Row['run'] = (...run) => program.runUnprivileged(...run);
const opaque = '2YotnFZFEjr1zCsicMWpAA';
const encrypted = `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')}..aXY.dGV4dA.dGFn`;
const token = /^token-\d+\n$/;

const badInput: Record<string, Row> = {
  'no issuer': {
    env: () => ({ CCGRANT_CLIENT_ID: clientId, CCGRANT_CLIENT_SECRET: secret }),
    exitCode: 2,
    word: 'missing_setting',
    says: /--issuer URL or CCGRANT_ISSUER/,
  },
  'an issuer without metadata': {
    args: ['--issuer', '@AS/nothing'],
    exitCode: 4,
    word: 'metadata_unavailable',
    says: /404 from http:\/\/127\.0\.0\.1:\d+\/nothing\/\.well-known\/openid-configuration/,
  },
  'the metadata of another issuer': {
    args: ['--issuer', '@AS/other'],
    exitCode: 3,
    word: 'issuer_mismatch',
    says: /\/issuer\n/,
  },
  'a host that cannot be reached': {
    args: ['--issuer', 'http://127.0.0.1:@CLOSED'],
    exitCode: 4,
    word: 'connection_failed',
    says: /no connection to 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/,
  },
  'plain http to another machine': {
    args: ['--issuer', 'http://as.example.com'],
    exitCode: 2,
    word: 'http_not_allowed',
    says: /--allow-http/,
  },
  'a certificate that nobody knows': {
    args: ['--issuer', '@TLS/issuer'],
    exitCode: 4,
    word: 'tls_failed',
    says: /127\.0\.0\.1:\d+ is not signed by a known authority[\s\S]*--cacert FILE/,
  },
  'a certificate that --cacert names': {
    args: ['--issuer', '@TLS/issuer', '--cacert', '@PROGRAM/ca.pem'],
    exitCode: 0,
    stdout: token,
  },
  'https to a port that speaks http': {
    args: ['--issuer', 'https://127.0.0.1:@PORT/issuer'],
    exitCode: 4,
    word: 'tls_failed',
    says: /http/,
  },
  'a wrong secret': {
    env: () => ({ ...client(), CCGRANT_CLIENT_SECRET: 'wrong-hunter22' }),
    exitCode: 3,
    word: 'unauthorized_client',
    says: /401 from POST .*: "Invalid client or Invalid client credentials"\n.*secret from CCGRANT_CLIENT_SECRET\n.*check the client id and its secret/,
    never: 'hunter22',
  },
  'a client that nobody knows': {
    args: ['--client-id', 'nobody'],
    exitCode: 3,
    word: 'invalid_client',
    says: /client_id=nobody/,
  },
  'a scope that nobody knows': {
    args: ['--scope', 'nope'],
    exitCode: 3,
    word: 'invalid_scope',
    says: /"Invalid scopes: nope"[\s\S]*scope=nope[\s\S]*hint: /,
  },
  'an empty scope': { args: ['--scope', ''], exitCode: 2, word: 'usage', says: /--scope is empty[\s\S]*--no-scope/ },
  'a secret file that is not there': {
    env: withoutSecret,
    args: ['--client-secret-file', 'nowhere.txt'],
    exitCode: 2,
    word: 'secret_unusable',
    says: /nowhere\.txt \(--client-secret-file\) does not exist/,
  },
  'a secret file that is empty': {
    env: withoutSecret,
    prepare: (workspace) => workspace.writeFile('secret.txt', '\n'),
    args: ['--client-secret-file', 'secret.txt'],
    exitCode: 2,
    word: 'secret_unusable',
    says: /secret\.txt \(--client-secret-file\) is empty/,
  },
  'a secret file that is a directory': {
    env: withoutSecret,
    args: ['--client-secret-file', '.'],
    exitCode: 2,
    word: 'secret_unusable',
    says: /is a directory/,
  },
  'a secret file in UTF-16': {
    env: withoutSecret,
    prepare: (workspace) => workspace.writeFile('secret.txt', Buffer.from(`\ufeff${secret}`, 'utf16le')),
    args: ['--client-secret-file', 'secret.txt'],
    exitCode: 2,
    word: 'secret_unusable',
    says: /UTF-16/,
  },
  'a secret file with a newline': {
    env: withoutSecret,
    prepare: (workspace) => workspace.writeFile('secret.txt', `${secret}\n`),
    args: ['--client-secret-file', 'secret.txt'],
    exitCode: 0,
    stdout: token,
  },
  'a secret file with a byte order mark and a newline of Windows': {
    env: withoutSecret,
    prepare: (workspace) => workspace.writeFile('secret.txt', `\ufeff${secret}\r\n`),
    args: ['--client-secret-file', 'secret.txt'],
    exitCode: 0,
    stdout: token,
  },
  'a secret file that may not be read': {
    env: withoutSecret,
    prepare: async (workspace) => chmod(await workspace.writeFile('secret.txt', secret), 0o000),
    run: asUnprivileged,
    args: ['--client-secret-file', 'secret.txt'],
    exitCode: 2,
    word: 'secret_unusable',
    says: /secret\.txt \(--client-secret-file\) may not be read by this user/,
  },
  'a secret file that everybody may write': {
    env: withoutSecret,
    prepare: async (workspace) => chmod(await workspace.writeFile('secret.txt', secret), 0o666),
    args: ['--client-secret-file', 'secret.txt'],
    exitCode: 2,
    word: 'secret_unusable',
    says: /chmod 600 /,
  },
  'a secret file that the group may write': {
    env: withoutSecret,
    prepare: async (workspace) => chmod(await workspace.writeFile('secret.txt', secret), 0o660),
    args: ['--client-secret-file', 'secret.txt'],
    exitCode: 2,
    word: 'secret_unusable',
    says: /chmod 600 /,
  },
  'a secret file that everybody may read': {
    env: withoutSecret,
    prepare: async (workspace) => chmod(await workspace.writeFile('secret.txt', secret), 0o644),
    args: ['--client-secret-file', 'secret.txt'],
    exitCode: 0,
    stdout: token,
    says: /^warning: .*chmod 600 .*\n$/,
  },
  'both variables of the secret': {
    env: () => ({ ...client(), CCGRANT_CLIENT_SECRET_FILE: 'secret.txt' }),
    exitCode: 2,
    word: 'credential_conflict',
    says: /CCGRANT_CLIENT_SECRET_FILE and CCGRANT_CLIENT_SECRET are both set/,
  },
  'an opaque token to decode': {
    args: ['decode', opaque],
    exitCode: 2,
    word: 'not_a_jwt',
    says: /not a JWT[\s\S]*ccgrant introspect/,
    never: opaque,
  },
  'an opaque token to verify': {
    args: ['verify', '--jwks-uri', '@AS/issuer/jwks', opaque],
    exitCode: 5,
    word: 'token_not_valid',
    stdout: /^NOT VALID\n/,
    says: /not a JWT/,
    never: opaque,
  },
  'an encrypted token to decode': {
    args: ['decode', encrypted],
    exitCode: 0,
    stdout: /^header\n\{\n {2}"alg": "dir",\n {2}"enc": "A256GCM"\n\}\n$/,
    says: /encrypted: only its header can be read/,
  },
  'an encrypted token to verify': {
    args: ['verify', '--jwks-uri', '@AS/issuer/jwks', encrypted],
    exitCode: 5,
    word: 'token_not_valid',
    stdout: /^NOT VALID\n/,
    says: /encrypted/,
  },
  'a token on a terminal that never comes': {
    // A terminal of its own, at which nobody types: this must end by itself.
    run: (workspace, _, options) => {
      const { stdin: _never, ...rest } = options;
      const command = `'${program.node}' '${program.binary}' decode`;
      return execute(workspace, ['script', '-qec', command, '/dev/null'], { ...rest, env: { TERM: 'dumb' } });
    },
    exitCode: 2,
    // script has standard error on the same terminal.
    stdout: /^error\[missing_token\]: no token is given\r\n {2}hint: .*--cached\r\n$/,
  },
  'an empty standard input': {
    args: ['decode', '-'],
    exitCode: 2,
    word: 'missing_token',
    says: /standard input is empty/,
  },
  'a profile that nobody knows': {
    prepare: (workspace) => workspace.writeFile('config.toml', '[profiles.prod]\nclient_id = "x"\n'),
    args: ['--config', 'config.toml', '--profile', 'prdo'],
    exitCode: 2,
    word: 'unknown_profile',
    says: /no profile prdo in .*config\.toml\n.*did you mean prod/,
  },
  'a configuration file that is not there': {
    args: ['--config', 'nowhere.toml'],
    exitCode: 2,
    word: 'file_unusable',
    says: /nowhere\.toml does not exist/,
  },
  'a configuration file that may not be read': {
    prepare: async (workspace) => chmod(await workspace.writeFile('config.toml', ''), 0o000),
    run: asUnprivileged,
    args: ['--config', 'config.toml'],
    exitCode: 2,
    word: 'file_unusable',
    says: /config\.toml may not be read by this user/,
  },
  'broken TOML': {
    prepare: (workspace) =>
      workspace.writeFile('config.toml', '[profiles.dev]\nclient_id = "x"\nclient_secret = hunter22\n'),
    args: ['--config', 'config.toml', '--profile', 'dev'],
    exitCode: 2,
    word: 'config_invalid',
    says: /config\.toml, line 3, column \d+: /,
    never: 'hunter22',
  },
  'a key in TOML that nobody knows': {
    prepare: (workspace) => workspace.writeFile('config.toml', '[profiles.dev]\nclient_di = "x"\n'),
    args: ['--config', 'config.toml', '--profile', 'dev'],
    exitCode: 2,
    word: 'config_invalid',
    says: /unknown key client_di in profile dev of .*config\.toml\n.*did you mean client_id/,
  },
  'a secret in TOML': {
    prepare: (workspace) => workspace.writeFile('config.toml', '[profiles.dev]\nclient_secret = "hunter22"\n'),
    args: ['--config', 'config.toml', '--profile', 'dev'],
    exitCode: 2,
    word: 'config_invalid',
    says: /client_secret_file/,
    never: 'hunter22',
  },
  "a profile's secret pulled to another issuer": {
    env: () => ({}),
    prepare: async (workspace) => {
      await workspace.writeFile('secret.txt', secret);
      await workspace.writeFile(
        'config.toml',
        `[profiles.dev]\nissuer = "https://as.example.com"\nclient_id = "x"\nclient_secret_file = "secret.txt"\n`,
      );
    },
    args: ['--config', 'config.toml', '--profile', 'dev', '--issuer', '@AS/issuer'],
    exitCode: 2,
    word: 'credential_misplaced',
    says: /client_secret_file in profile dev is not meant for --issuer/,
  },
  'two readers of standard input': {
    args: ['introspect', '-', '--client-secret-file', '-'],
    env: withoutSecret,
    stdin: 'abc',
    exitCode: 2,
    word: 'standard_input_conflict',
    says: /the token and --client-secret-file -/,
  },
  'a negative time limit': {
    args: ['-m', '-1'],
    exitCode: 2,
    word: 'usage',
    says: /--max-time takes a number of seconds/,
  },
  'a call to another scheme': {
    args: ['call', 'ftp://api.example.com/hunter22'],
    exitCode: 2,
    word: 'invalid_url',
    says: /the scheme ftp is not supported/,
    never: 'hunter22',
  },
  'a call to no URL at all': {
    args: ['call', 'api.example.com/orders'],
    exitCode: 2,
    word: 'invalid_url',
    says: /did you mean https:\/\/api\.example\.com\/orders/,
  },
  'a typo of a command': {
    args: ['tokne'],
    exitCode: 2,
    word: 'unknown_command',
    says: /did you mean ccgrant token/,
  },
  'a typo of an option': {
    args: ['token', '--isseur', 'x'],
    exitCode: 2,
    word: 'unknown_option',
    says: /does not know --isseur\n.*did you mean --issuer/,
  },
  'a typo of an option with =': {
    args: ['token', '--isseur=hunter22'],
    exitCode: 2,
    word: 'unknown_option',
    says: /does not know --isseur\n.*did you mean --issuer/,
    never: 'hunter22',
  },
  'a typo of --client-secret with =': {
    args: ['token', '--client-secert=hunter22'],
    exitCode: 2,
    word: 'secret_on_command_line',
    says: /--client-secret-file FILE/,
    never: 'hunter22',
  },
  'standard output that is full': {
    run: (workspace, _, options) =>
      execute(
        workspace,
        ['/bin/sh', '-c', 'exec "$0" "$@" > /dev/full', program.node, program.binary, 'token'],
        options,
      ),
    exitCode: 2,
    word: 'output_failed',
    says: /ENOSPC/,
  },
};

describe('bad input gets a clear error with the right exit code', () => {
  test.concurrent.for(Object.entries(badInput))('%s', async ([, row], { expect }) => {
    const workspace = await createWorkspace();
    try {
      await row.prepare?.(workspace);
      const given = (row.args ?? []).map((arg) =>
        arg
          .replace('@AS', server.origin)
          .replace('@TLS', tlsServer.origin)
          .replace('@CLOSED', String(unusedPort))
          .replace('@PORT', String(server.port))
          .replace('@PROGRAM', program.directory),
      );
      // What is asked of no command in particular is asked of token.
      const args = given[0]?.startsWith('-') === false ? given : ['token', ...given];
      const options = { env: (row.env ?? client)(), stdin: row.stdin ?? '' };
      const run = row.run ?? ((_: Workspace, ...rest: Parameters<Workspace['run']>) => workspace.run(...rest));
      const { exitCode, stdout, stderr } = await run(workspace, args, options);

      expect(exitCode, stderr).toBe(row.exitCode);
      if (row.word === undefined) expect(stderr).not.toContain('error[');
      else expect(stderr).toMatch(new RegExp(`^error\\[${row.word}\\]: [^\\n]*[^.\\n]\\n`));
      if (row.says === undefined) expect(stderr.split('\n').length).toBeLessThanOrEqual(5);
      else expect(stderr).toMatch(row.says);
      if (row.stdout === undefined) expect(stdout).toBe('');
      else expect(stdout).toMatch(row.stdout);
      for (const hidden of [...secretForms, ...(row.never === undefined ? [] : [row.never])])
        expect(`${stdout}${stderr}`).not.toContain(hidden);
      expect(stderr).not.toMatch(/^ +at /m);
    } finally {
      await workspace.remove();
    }
  });
});
