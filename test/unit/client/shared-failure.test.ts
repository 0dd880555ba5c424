import { describe, expect, it } from 'vitest';
import { shareFailure, toError } from '../../../src/client/shared-failure.ts';
import { ConfigError, NetworkError, ProtocolError, ServerRefusedError } from '../../../src/errors.ts';

describe('a failure that is shared', () => {
  const facts = { status: 401, hint: 'try S3cr3t' };

  it.each([
    new ServerRefusedError('refused: S3cr3t', facts),
    new ProtocolError('invalid_response', 'S3cr3t', facts),
    new NetworkError('timeout', 'no answer', { ...facts, cause: new Error('S3cr3t') }),
  ])('is the same one again, without secrets and cause: %s', (error) => {
    const shared = shareFailure(error, 'way', (text) => text.replaceAll('S3cr3t', '***'));
    const again = shared && toError(JSON.parse(JSON.stringify(shared)));
    expect(again?.constructor).toBe(error.constructor);
    expect(again).toMatchObject({ code: error.code, facts: { status: 401, hint: 'try ***' } });
    expect(JSON.stringify(shared)).not.toContain('S3cr3t');
  });

  it('is none that is the fault of one process', () => {
    const own = [new ConfigError('file_unusable', 'x'), new TypeError('x')];
    expect(own.map((error) => shareFailure(error, '', String))).toEqual([undefined, undefined]);
  });
});
