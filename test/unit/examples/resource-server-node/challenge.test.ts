import { expect, test } from 'vitest';
import { formatChallenges } from '../../../../examples/resource-server-node/src/challenge.ts';
import { Refusal } from '../../../../examples/resource-server-node/src/refusal.ts';
import { parseChallenges } from '../../../../src/oauth/challenge.ts';

test('quotes, backslashes and what no field may hold do not break a challenge', () => {
  const description = 'say "no", \\ and\r\nSet-Cookie: ü';
  const refusal = new Refusal({ error: 'invalid_token', description, scheme: 'Bearer' });

  const [field = ''] = formatChallenges(refusal, ['Bearer'], 'https://api.example/metadata?a="b"');

  expect(field).toMatch(/^[\x20-\x7e]+$/);
  expect(parseChallenges(field)).toEqual([
    {
      scheme: 'bearer',
      parameters: new Map([
        ['error', 'invalid_token'],
        ['error_description', 'say "no", \\ and??Set-Cookie: ?'],
        ['resource_metadata', 'https://api.example/metadata?a="b"'],
      ]),
    },
  ]);
});
