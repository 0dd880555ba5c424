import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Answer, text } from '../support/http-server.ts';
import { metadata, openScene, type Scene, tokenResponse } from '../support/http-server-scene.ts';

const megabyte = 1024 * 1024;
const { access_token: token } = tokenResponse;

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A scene with an API that gives a body, and its URL in `API`. */
async function openApi(body: Buffer, answers: Readonly<Record<string, Answer>> = {}): Promise<Scene> {
  return openScene({
    '/api': text(body, 200, { 'content-type': 'application/octet-stream' }),
    '/echo': ({ body: sent }) => text(sent),
    ...answers,
  });
}

const env = ({ server }: Scene) => ({ API: server.origin });

/** Metadata that no pipe holds. */
const hugeMetadata = metadata({ filler: 'x'.repeat(900_000) });

describe('a whole standard input', () => {
  const header = 'eyJhbGciOiJub25lIn0';

  test('is read from where a file stands, not from its beginning', async () => {
    await using scene = await openScene();
    await scene.workspace.writeFile('input', `first line\n${header}.e30.`);
    const result = await scene.shell('{ read -r _; ccgrant decode --raw; } < input');
    expect(result).toMatchObject({ exitCode: 0, stdout: '{"alg":"none"}\n{}\n' });
  });

  test('is read to its end although a writer takes its time', async () => {
    await using scene = await openScene();
    // The rest is written when ccgrant has found that there is no more.
    await scene.workspace.writeFile(
      'observer.cjs',
      `const fs = require('node:fs');
      const { readSync } = fs;
      fs.readSync = (...args) => {
        try {
          return readSync(...args);
        } catch (error) {
          fs.writeFileSync('found-no-more', '');
          throw error;
        }
      };`,
    );
    const writer = `{ printf ${header}; until [ -e found-no-more ]; do "$NODE" -e 0; done; printf .e30.; }`;
    const result = await scene.shell(`${writer} | "$NODE" --require ./observer.cjs "$CCGRANT" decode --raw`);
    expect(result).toMatchObject({ exitCode: 0, stdout: '{"alg":"none"}\n{}\n' });
  });

  test('is read beyond what is read at once', async () => {
    await using scene = await openScene();
    await scene.workspace.writeFile('input', `${' '.repeat(3 * megabyte)}${header}.e30.`);
    for (const command of ['ccgrant decode --raw < input', 'cat input | ccgrant decode --raw']) {
      expect(await scene.shell(command)).toMatchObject({ exitCode: 0, stdout: '{"alg":"none"}\n{}\n' });
    }
  });
});

test('a long chain of redirects leaves standard error to us', async () => {
  const hops = Object.fromEntries(
    Array.from({ length: 15 }, (_, hop): [string, Answer] => [
      `/hop/${hop}`,
      text('', 302, { location: hop === 14 ? '/api' : `/hop/${hop + 1}` }),
    ]),
  );
  await using scene = await openApi(Buffer.from('there\n'), hops);
  const result = await scene.shell('ccgrant call -L "$API/hop/0"', env(scene));
  expect(result).toMatchObject({ exitCode: 0, stdout: 'there\n', stderr: '' });
});

test('a verdict is the exit code although nobody reads the answer', async () => {
  const inactive = text(JSON.stringify({ active: false, filler: 'x'.repeat(megabyte / 2) }), 200);
  await using scene = await openScene({ '/introspect': inactive });
  const { stderr } = await scene.shell('{ ccgrant introspect -q a; echo "code $?" >&2; } | true');
  expect(stderr).toMatch(/^code 5$/m);
});

describe.concurrent('standard output that is closed early', () => {
  const rows: { what: string; line: string }[] = [
    { what: 'call, before a reader of one byte', line: 'ccgrant call "$API/api" | head -c1' },
    { what: 'call with headers, before a reader of one line', line: 'ccgrant call -i "$API/api" | head -1' },
    { what: 'call, before a reader that reads nothing', line: 'ccgrant call "$API/api" | true' },
    { what: 'discover, before a reader of one byte', line: 'ccgrant discover -q | head -c1' },
    { what: 'token, before a reader that reads nothing', line: 'ccgrant token | true' },
    { what: 'introspect, before a reader that reads nothing', line: 'ccgrant introspect a | true' },
    { what: '--help, before a reader that reads nothing', line: 'ccgrant call --help | true' },
  ];
  for (const { what, line } of rows) {
    test(`quietly ends ${what}`, async () => {
      await using scene = await openApi(Buffer.alloc(5 * megabyte, 'a\n'), {
        '/.well-known/openid-configuration': hugeMetadata,
      });
      const { stderr, stdout } = await scene.shell(`${line}; echo " \${PIPESTATUS[0]}"`, env(scene));
      expect(stderr).toBe('');
      // 141 is what a shell makes of the signal that others die of here.
      expect(stdout).toMatch(/ (0|141)\n$/);
    });
  }
});

describe.concurrent('standard output that cannot be written', () => {
  const commands: Record<string, string> = {
    token: 'ccgrant token',
    call: 'ccgrant call "$API/api"',
    introspect: 'ccgrant introspect a-token',
    discover: 'ccgrant discover -q',
    decode: 'ccgrant decode -q eyJhbGciOiJub25lIn0.e30.',
    'cache path': 'ccgrant cache path',
    '--help': 'ccgrant --help',
    'token --help': 'ccgrant token --help',
    '--version': 'ccgrant --version',
  };
  for (const [what, command] of Object.entries(commands)) {
    test(`is exit 2 with a short message: ${what} on a full disk`, async () => {
      await using scene = await openApi(Buffer.alloc(megabyte));
      const { exitCode, stdout, stderr } = await scene.shell(`${command} > /dev/full`, env(scene));
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^error\[output_failed\]: .*cannot be written/);
      expect(stderr.split('\n').length).toBeLessThanOrEqual(4);
    });
  }

  test('is exit 2 for the file of --output and of --out too', async () => {
    await using scene = await openApi(Buffer.alloc(megabyte));
    for (const command of ['ccgrant call -o /dev/full "$API/api"', 'ccgrant token --out none/token.txt']) {
      const { exitCode, stdout, stderr } = await scene.shell(command, env(scene));
      expect({ exitCode, stdout }, command).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^error\[output_failed\]: /);
    }
  });

  test('because it is closed is exit 2, or as if it were /dev/null, and never a stack trace', async () => {
    await using scene = await openApi(Buffer.alloc(megabyte));
    for (const command of ['ccgrant token', 'ccgrant call "$API/api"']) {
      const { exitCode, stderr } = await scene.shell(`${command} >&-`, env(scene));
      expect([0, 2]).toContain(exitCode);
      expect(stderr).toMatch(/^$|^error\[output_failed\]: /);
    }
  });

  test('does no harm to what goes elsewhere: --out works while standard output is full', async () => {
    await using scene = await openApi(Buffer.alloc(0));
    expect(await scene.shell('ccgrant token --out token.txt > /dev/full')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await readFile(join(scene.workspace.directory, 'token.txt'), 'utf8')).toBe(`${token}\n`);
  });

  test('is not the same as standard error that cannot be: full or closed, the answer comes', async () => {
    await using scene = await openApi(Buffer.from('answer'));
    for (const place of ['/dev/full', '&-']) {
      const result = await scene.shell(`ccgrant call -v "$API/api" 2>${place}`, env(scene));
      expect(result).toMatchObject({ exitCode: 0, stdout: 'answer' });
      const refused = await scene.shell(`ccgrant call "$API/nothing" 2>${place}`, env(scene));
      expect(refused.exitCode).toBe(22);
    }
  });
});

describe.concurrent('the body of call', () => {
  const random = randomBytes(20 * megabyte);

  // Takes a little at a time, and longer than its writer.
  const slow = `"$NODE" -e '
    const pass = async () => {
      for await (const chunk of process.stdin) {
        process.stdout.write(chunk);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    pass();'`;
  // A pipe that Node has opened is non-blocking, and stays so when Node cannot tidy up.
  const unblock = `"$NODE" -e 'process.stdout.write("", () => process.kill(process.pid, "SIGKILL"))'`;
  const pipes: Record<string, string> = {
    'a slow pipe': 'ccgrant call "$API/api"',
    'a slow pipe that another process has made non-blocking': `(${unblock}; ccgrant call "$API/api")`,
  };
  for (const [what, writer] of Object.entries(pipes)) {
    test(`is intact at the end of ${what}: 20 MB`, async () => {
      await using scene = await openApi(random);
      const line = `${writer} | ${slow} | sha256sum; echo "\${PIPESTATUS[0]}"`;
      const { stdout } = await scene.shell(line, env(scene));
      expect(stdout).toBe(`${sha256(random)}  -\n0\n`);
    });
  }

  test('comes byte for byte, into a pipe, a file and --output', async () => {
    const body = random.subarray(0, 3 * megabyte + 1);
    await using scene = await openApi(body);
    const sums = [
      'ccgrant call "$API/api" | sha256sum',
      'ccgrant call "$API/api" > file; sha256sum < file',
      'ccgrant call "$API/api" -o file; sha256sum < file',
      'ccgrant call "$API/api" --output - | sha256sum',
    ];
    for (const line of sums) {
      expect(await scene.shell(line, env(scene)), line).toMatchObject({ stdout: `${sha256(body)}  -\n`, stderr: '' });
    }
  });

  test('has nothing added to it, not even a line end', async () => {
    for (const body of ['', '\n', 'no line end', '\r\n\0\ufeff']) {
      await using scene = await openApi(Buffer.from(body));
      expect(await scene.run(['call', `${scene.server.origin}/api`])).toMatchObject({ exitCode: 0, stdout: body });
    }
  });

  test('is shown as it comes, not when it is whole', async () => {
    let finish = (): void => {};
    await using scene = await openScene({
      '/api': (_request, response) => {
        response.writeHead(200).write('first');
        finish = () => response.end('last');
      },
    });
    const child = scene.start(['call', `${scene.server.origin}/api`]);
    const [first] = await once(child.stdout ?? child, 'data');
    expect(String(first)).toBe('first');
    const last = once(child.stdout ?? child, 'data');
    finish();
    expect(String(await last)).toBe('last');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('of a request is sent byte for byte, from a file and from standard input', async () => {
    const body = random.subarray(0, megabyte + 1);
    await using scene = await openApi(body);
    await scene.workspace.writeFile('body', body);
    const lines = [
      'ccgrant call "$API/echo" --data-binary @body',
      'ccgrant call "$API/echo" --data-binary @- < body',
      'cat body | ccgrant call "$API/echo" --data-binary @-',
      'ccgrant call "$API/echo" -T body',
      'cat body | ccgrant call "$API/echo" -T -',
    ];
    for (const line of lines) {
      expect(await scene.shell(`${line} | sha256sum`, env(scene)), line).toMatchObject({
        stdout: `${sha256(body)}  -\n`,
        stderr: '',
      });
    }
  });
});

describe.concurrent('standard input', () => {
  const jwt = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.';
  const readers: Record<string, string> = {
    'given as -': `echo ${jwt} | ccgrant decode -`,
    'not given': `echo ${jwt} | ccgrant decode`,
    'not given, from a file': `echo ${jwt} > t; ccgrant decode < t`,
    'with white space, a scheme and quotes': `printf '\\n\\t "Bearer ${jwt}" \\r\\n' | ccgrant decode`,
    'from a slow writer': `(printf eyJhbGciOiJub25lIn0; sleep 0.2; printf .eyJzdWIiOiJ4In0.) | ccgrant decode`,
  };
  for (const [what, line] of Object.entries(readers)) {
    test(`holds the token, ${what}`, async () => {
      await using scene = await openScene();
      const { exitCode, stdout } = await scene.shell(line);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/sub.*x/);
    });
  }

  const nothing: { what: string; command: string; input: string }[] = [
    { what: 'is empty', command: 'decode', input: '< /dev/null' },
    { what: 'is empty', command: 'verify', input: '< /dev/null' },
    { what: 'is empty', command: 'introspect', input: '< /dev/null' },
    { what: 'is empty', command: 'revoke -', input: '< /dev/null' },
    { what: 'is blank', command: 'introspect -', input: "<<< ' '" },
    { what: 'is closed', command: 'decode', input: '<&-' },
  ];
  for (const { what, command, input } of nothing) {
    test(`that ${what} is exit 2 with a hint for ${command}`, async () => {
      await using scene = await openScene();
      const { exitCode, stdout, stderr } = await scene.shell(`ccgrant ${command} ${input}`);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^error\[missing_token\]: [\s\S]*hint: /);
    });
  }

  const notEaten: Record<string, string> = {
    token: 'ccgrant token --scope "$line"',
    call: 'ccgrant call "$API/api" --scope "$line" -d "$line"',
    'introspect --cached': 'ccgrant token > /dev/null; ccgrant introspect --cached',
    'introspect with an argument': 'ccgrant introspect a-token',
    discover: 'ccgrant discover',
  };
  for (const [what, command] of Object.entries(notEaten)) {
    test(`is left alone by ${what}, so that while read loops go on`, async () => {
      await using scene = await openApi(Buffer.from('answer'));
      const loop = `printf '%s\\n' a b | while read -r line; do ${command} > /dev/null || exit; echo "$line"; done`;
      expect(await scene.shell(loop, env(scene))).toMatchObject({ exitCode: 0, stdout: 'a\nb\n' });
    });
  }

  test('that stays open keeps no command waiting that does not need it', async () => {
    await using scene = await openApi(Buffer.from('answer'));
    for (const args of [['token'], ['call', `${scene.server.origin}/api`], ['discover'], ['introspect', 'a-token']]) {
      const child = scene.start(args, { stdio: ['pipe', 'ignore', 'ignore'] });
      expect(await once(child, 'exit'), args.join(' ')).toEqual([0, null]);
    }
  });

  test('that is closed does no harm to token and call', async () => {
    await using scene = await openApi(Buffer.from('answer'));
    expect(await scene.shell('ccgrant token <&-')).toMatchObject({ exitCode: 0, stdout: `${token}\n`, stderr: '' });
    expect(await scene.shell('ccgrant call "$API/api" <&-', env(scene))).toMatchObject({
      stdout: 'answer',
      stderr: '',
    });
  });

  test('has one reader: two of them are exit 2, and both are named', async () => {
    await using scene = await openScene();
    const url = 'http://127.0.0.1:1/';
    const pairs: [string[], RegExp][] = [
      [['introspect', '-', '--client-secret-file', '-'], /token.*--client-secret-file/],
      [['introspect', '--client-secret-file', '-'], /token.*--client-secret-file/],
      [
        ['call', url, '--token-file', '-', '--client-secret-file', '-'],
        /--(token|client-secret)-file.*--(token|client-secret)-file/,
      ],
      [['call', url, '-d', '@-', '--token-file', '-'], /--data.*--token-file/],
      [['call', url, '-T', '-', '--token-file', '-'], /--(token-file|upload-file).*--(token-file|upload-file)/],
      [['call', url, '--json', '@-', '-H', '@-'], /--(json|header).*--(json|header)/],
    ];
    for (const [args, both] of pairs) {
      const { exitCode, stderr } = await scene.run(args, { stdin: 'something' });
      expect(exitCode, args.join(' ')).toBe(2);
      expect(stderr).toMatch(/^error\[standard_input_conflict\]: /);
      expect(stderr).toMatch(both);
    }
    expect(scene.server.requests()).toEqual([]);
  });
});
