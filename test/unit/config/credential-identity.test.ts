import { renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { credentialIdentity, placeIdentity } from '../../../src/config/credential-identity.ts';
import type { SecretSource } from '../../../src/config/secret-source.ts';
import { Secret } from '../../../src/secret.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();

function identityOf(source: SecretSource | undefined, value = 'S3cr3t', hash: string | undefined = undefined) {
  return credentialIdentity(
    source,
    async () => value,
    (secret) => hash ?? `hash of ${secret.length}`,
  );
}

const file = (name = 'secret'): SecretSource => ({ kind: 'file', path: at(name) });
const variable = (value: string, name = 'CCGRANT_CLIENT_SECRET'): SecretSource => ({
  kind: 'variable',
  variable: name,
  value: new Secret(value),
});

describe('credentialIdentity', () => {
  it('never holds the secret', async () => {
    writeFileSync(at('secret'), 'S3cr3t');
    const command: SecretSource = { kind: 'command', argv: ['pass', 'show', 'x'], directory: '/etc' };
    for (const source of [undefined, file(), variable('S3cr3t'), command, { kind: 'standard input' } as const])
      expect(await identityOf(source)).not.toContain('S3cr3t');
  });

  it('never holds the arguments of a command: they may be as secret as what it prints', async () => {
    const command: SecretSource = { kind: 'command', argv: ['decrypt', '--passphrase', 'S3cr3t'], directory: '/etc' };
    expect(await identityOf(command)).not.toContain('S3cr3t');
  });

  it('of a file is the same as long as it is the same file', async () => {
    writeFileSync(at('secret'), 'S3cr3t');
    expect(await identityOf(file())).toBe(await identityOf(file()));
  });

  it('of a file changes with its content, its time, and the file in its place', async () => {
    writeFileSync(at('secret'), 'one');
    const first = await identityOf(file());
    writeFileSync(at('secret'), 'three');
    const longer = await identityOf(file());
    utimesSync(at('secret'), 1, 1);
    const older = await identityOf(file());
    writeFileSync(at('other'), 'three');
    utimesSync(at('other'), 1, 1);
    renameSync(at('other'), at('secret'));
    const replaced = await identityOf(file());
    expect(new Set([first, longer, older, replaced]).size).toBe(4);
  });

  it('of a file changes with its content although size and time are the same', async () => {
    writeFileSync(at('secret'), 'one');
    utimesSync(at('secret'), 1, 1);
    const first = await identityOf(file());
    writeFileSync(at('secret'), 'two');
    utimesSync(at('secret'), 1, 1);
    expect(await identityOf(file())).not.toBe(first);
  });

  it('of a file that is not there, or is a directory, cannot be told', async () => {
    expect(await identityOf(file('none'))).toBeUndefined();
    expect(await identityOf({ kind: 'file', path: at() })).toBeUndefined();
    expect(await identityOf({ kind: 'file', path: '/dev/null' })).toBeUndefined();
  });

  it('of a value changes with the value, and is not known without the key of this machine', async () => {
    expect(await identityOf(variable('S3cr3t'), '', 'h1')).not.toBe(await identityOf(variable('S3cr3t'), '', 'h2'));
    expect(
      await credentialIdentity(
        variable('S3cr3t'),
        async () => '',
        () => undefined,
      ),
    ).toBeUndefined();
    expect(
      await credentialIdentity(
        { kind: 'standard input' },
        async () => 'x',
        () => undefined,
      ),
    ).toBeUndefined();
  });

  it('tells every kind and every place from every other', async () => {
    writeFileSync(at('a'), 'S3cr3t');
    writeFileSync(at('b'), 'S3cr3t');
    const sources: (SecretSource | undefined)[] = [
      undefined,
      file('a'),
      file('b'),
      { kind: 'command', argv: ['a', 'b'], directory: '/etc' },
      { kind: 'command', argv: ['a b'], directory: '/etc' },
      { kind: 'command', argv: ['a', 'b', ''], directory: '/etc' },
      { kind: 'command', argv: ['a', 'b'], directory: '/etc/other' },
      variable('S3cr3t'),
      variable('S3cr3t', 'OTHER'),
      { kind: 'standard input' },
    ];
    const identities = await Promise.all(sources.map((source) => identityOf(source)));
    expect(new Set(identities).size).toBe(sources.length);
  });
});

describe('placeIdentity', () => {
  it('is the path, whatever the file holds, and whether it is there or not', () => {
    writeFileSync(at('token'), 'one');
    const first = placeIdentity(at('token'));
    writeFileSync(at('token'), 'another');
    expect(placeIdentity(at('token'))).toBe(first);
    expect(placeIdentity(at('none'))).not.toBe(first);
    expect(placeIdentity(at('none'))).toBeDefined();
  });

  it('cannot be told of what gives something else each time', () => {
    writeFileSync(at('token'), 'one');
    symlinkSync('/dev/null', at('link'));
    for (const path of ['/dev/stdin', '/dev/fd/63', '/proc/self/fd/0', '/dev/null', at('link'), at()])
      expect(placeIdentity(path), path).toBeUndefined();
  });
});
