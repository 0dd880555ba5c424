import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TlsCredentials } from './http-server.ts';

/** A certificate authority that nobody knows, made for one test file. */
export interface CertificateAuthority extends AsyncDisposable {
  /** Its certificate, PEM. */
  readonly certificate: string;
  /** Signs a certificate for these host names and addresses; a negative validity has ended already. */
  issue(hosts: readonly string[], validDays?: number): Promise<TlsCredentials>;
  /**
   * Signs a certificate for a client; `newKey` is what openssl calls a new key (`rsa:2048`), by default P-256, and
   * `names` the lines of its section of alternative names (`URI.1=https://client.example`).
   */
  issueClient(
    subject: string,
    options?: { validDays?: number; newKey?: string; names?: readonly string[] },
  ): Promise<TlsCredentials>;
  /** A certificate that its own key has signed. */
  selfSigned(subject: string): Promise<TlsCredentials>;
  /** Runs openssl in a directory that holds these files, and returns the file `out`. */
  openssl(args: readonly string[], files?: Readonly<Record<string, string | Uint8Array>>): Promise<Buffer>;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const directory = await mkdtemp(join(tmpdir(), 'ccgrant-tls-'));
  const openssl = (...args: string[]): Promise<unknown> =>
    promisify(execFile)('openssl', args, { cwd: directory, env: { PATH: process.env.PATH ?? '' } });
  const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');

  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=ccgrant test',
    '-days',
    '2',
  );
  let issued = 0;
  return {
    certificate: await read('ca.pem'),
    async issue(hosts, validDays = 2) {
      issued += 1;
      const name = `server-${issued}`;
      const names = hosts.map((host) => (/^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`));
      await writeFile(join(directory, `${name}.ext`), `subjectAltName=${names.join(',')}\n`);
      await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${hosts[0]}`);
      await openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, '-extfile', `${name}.ext`],
        ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', String(issued), '-days', String(validDays)],
      );
      return { cert: await read(`${name}.pem`), key: await read(`${name}.key`) };
    },
    async issueClient(subject, options = {}) {
      issued += 1;
      const name = `client-${issued}`;
      const { names = [] } = options;
      const alternatives = names.length === 0 ? [] : ['subjectAltName=@names', '[names]', ...names];
      const extensions = ['basicConstraints=CA:FALSE', 'extendedKeyUsage=clientAuth', ...alternatives];
      await writeFile(join(directory, `${name}.ext`), `${extensions.join('\n')}\n`);
      const key = options.newKey === undefined ? newKey : ['-newkey', options.newKey, '-nodes'];
      await openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
      await openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, '-extfile', `${name}.ext`],
        ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', String(issued)],
        ...['-days', String(options.validDays ?? 2)],
      );
      return { cert: await read(`${name}.pem`), key: await read(`${name}.key`) };
    },
    async selfSigned(subject) {
      await openssl('req', '-x509', ...newKey, '-keyout', 'self.key', '-out', 'self.pem', '-subj', subject);
      return { cert: await read('self.pem'), key: await read('self.key') };
    },
    async openssl(args, files = {}) {
      for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
      await openssl(...args);
      return readFile(join(directory, 'out'));
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}
