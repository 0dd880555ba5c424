import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedPort, type TlsCredentials } from './http-server.ts';
import type { CertificateAuthority } from './tls.ts';

export interface StrictServer extends AsyncDisposable {
  readonly endpoint: string;
}

/**
 * Starts a server that takes certificates of this authority alone and refuses others by a TLS alert, which
 * Node's own server never sends.
 * @param version what openssl calls a version of TLS: `tls1_3`
 */
export async function startStrictServer(
  { certificate }: CertificateAuthority,
  { cert, key }: TlsCredentials,
  version: string,
): Promise<StrictServer> {
  const directory = await mkdtemp(join(tmpdir(), 'ccgrant-strict-'));
  const files = { 'ca.pem': certificate, 'cert.pem': cert, 'key.pem': key };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content, { mode: 0o600 });
  const port = await closedPort();
  const child = spawn(
    'openssl',
    [
      ...['s_server', '-accept', `127.0.0.1:${port}`, `-${version}`, '-www', '-quiet'],
      ...['-cert', 'cert.pem', '-key', 'key.pem', '-CAfile', 'ca.pem', '-Verify', '1', '-verify_return_error'],
    ],
    { cwd: directory, stdio: 'ignore', env: { PATH: process.env.PATH ?? '' } },
  );
  while (!(await isListening(port))) if (child.exitCode !== null) throw new Error('openssl s_server did not start');
  return {
    endpoint: `https://127.0.0.1:${port}/token`,
    [Symbol.asyncDispose]: async () => {
      const exited = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
