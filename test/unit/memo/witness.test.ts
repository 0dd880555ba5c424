import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Witness } from '../../../src/memo/witness.ts';
import { thisProcess } from '../../support/cache-location.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const host = { platform: 'linux', home: '/home/tester', workingDirectory: '/here', ...thisProcess } as const;

describe('Witness', () => {
  it('sees the variables that are read, those that are not there too, and no other ones', () => {
    const witness = new Witness({ A: '1', B: '2' }, host);
    expect([witness.env.A, witness.env.C]).toEqual(['1', undefined]);
    witness.close();
    expect([...(witness.evidence?.variables ?? [])]).toEqual([
      ['A', '1'],
      ['C', undefined],
    ]);
  });

  it('sees nothing that happens after it is known which token is meant', () => {
    const witness = new Witness({ A: '1' }, host);
    witness.close();
    expect([witness.env.A, witness.host.workingDirectory]).toEqual(['1', '/here']);
    witness.noteFile(at('file'));
    witness.close();
    expect(witness.evidence).toEqual({ variables: new Map(), files: new Map(), workingDirectory: undefined });
  });

  it('has no evidence while that is not known', () => {
    expect(new Witness({}, host).evidence).toBeUndefined();
  });

  it('sees that the working directory is asked for', () => {
    const witness = new Witness({}, host);
    expect(witness.host.workingDirectory).toBe('/here');
    witness.close();
    expect(witness.evidence?.workingDirectory).toBe('/here');
  });

  it.each<[string | undefined, boolean]>([
    ['/home/tester', true],
    ['relative', false],
    ['', false],
    [undefined, false],
  ])('with HOME %j, what follows from the home is evidence: %s', (home, isSeen) => {
    const witness = new Witness({ HOME: home }, host);
    expect(witness.host.home).toBe('/home/tester');
    witness.close();
    expect(witness.evidence !== undefined).toBe(isSeen);
  });

  it('notes files as they are, and those that are missing', () => {
    writeFileSync(at('file'), 'x');
    const witness = new Witness({}, host);
    witness.noteFile(at('file'));
    witness.noteFile(at('missing'));
    witness.close();
    expect([...(witness.evidence?.files ?? [])]).toEqual([
      [at('file'), expect.any(String)],
      [at('missing'), null],
    ]);
  });

  it('has no evidence of what cannot be looked at again, unless that decides nothing any more', () => {
    const [before, after] = [new Witness({}, host), new Witness({}, host)];
    before.noteUnrepeatable();
    before.close();
    expect(before.evidence).toBeUndefined();
    after.close();
    after.noteUnrepeatable();
    expect(after.evidence).toBeDefined();
  });
});
