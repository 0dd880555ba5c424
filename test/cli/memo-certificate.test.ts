import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCertificateAuthority } from '../support/tls.ts';
import { temporaryDirectory } from '../unit/support/temporary-directory.ts';
import { Desk } from './support/desk.ts';

const at = temporaryDirectory();

test('a memo answers a client with a certificate until its certificate, key or password is another file', async () => {
  await using authority = await createCertificateAuthority();
  const { cert, key } = await authority.issueClient('/CN=client');
  const encrypted = await authority.openssl(['pkcs8', '-topk8', '-in', 'in', '-passout', 'pass:word', '-out', 'out'], {
    in: key,
  });
  const desk = new Desk(at('desk'));
  const files = { 'client.pem': cert, 'client.key': encrypted.toString(), pass: 'word' };
  for (const [name, content] of Object.entries(files)) desk.write(name, content);
  desk.env.CCGRANT_CERT = join(desk.home, 'client.pem');
  desk.env.CCGRANT_KEY = join(desk.home, 'client.key');
  desk.argv = ['token', '--pass-file', join(desk.home, 'pass')];

  for (const [name, content] of [['nothing', ''], ...Object.entries(files)] as const) {
    desk.write(name, content);
    expect(await desk.recalled(), name).toEqual(undefined);
    const { stdout, stderr } = await desk.answered();
    expect(stderr).toBe('');
    expect(await desk.recalled(), name).toBe(stdout.trimEnd());
  }
});
