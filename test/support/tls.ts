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
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}
