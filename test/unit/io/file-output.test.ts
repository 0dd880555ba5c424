import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ClosedPipeError } from '../../../src/errors.ts';
import { fileOutput } from '../../../src/io/file-output.ts';
import { failureOf } from '../support/failure.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();

describe('fileOutput', () => {
  it.each([0, 1, 16_384, 16_385, 1_000_000])('writes %i bytes whole', async (length) => {
    const descriptor = openSync(at('file'), 'w');
    await fileOutput(descriptor).write('x'.repeat(length));
    closeSync(descriptor);
    expect(readFileSync(at('file'))).toHaveLength(length);
  });

  it('keeps the order of what is written', async () => {
    const descriptor = openSync(at('file'), 'w');
    const output = fileOutput(descriptor);
    await output.write('a');
    await output.write(Buffer.alloc(100_000, 'b'));
    output.writeNow('c');
    closeSync(descriptor);
    expect(readFileSync(at('file'), 'utf8')).toMatch(/^ab{100000}c$/);
  });

  it('writes pieces of any size one after the other', async () => {
    const pieces = [0, 1, 100_000, 0, 4096, 7].map((length, index) => Buffer.alloc(length, String(index)));
    const descriptor = openSync(at('file'), 'w');
    const output = fileOutput(descriptor);
    await output.write(pieces);
    await output.write([]);
    await output.write([Buffer.from('end')]);
    closeSync(descriptor);
    expect(readFileSync(at('file')).equals(Buffer.concat([...pieces, Buffer.from('end')]))).toBe(true);
  });

  it('loses nothing in a pipe that takes less than it is given, or nothing for a while', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const writer = openSync(at('pipe'), constants.O_RDWR | constants.O_NONBLOCK);
    const pieces = Array.from({ length: 60 }, (_, index) => Buffer.alloc(index * 777, String(index % 10)));
    const whole = Buffer.concat(pieces);
    const writing = fileOutput(writer).write(pieces);
    const reader = spawn('head', ['-c', String(whole.length), at('pipe')]);
    const read = await buffer(reader.stdout);
    await writing;
    closeSync(writer);
    expect(read.equals(whole)).toBe(true);
  });

  it.each([10, 10_000])('fails on a full disk, with %i bytes', async (length) => {
    const descriptor = openSync('/dev/full', 'w');
    expect(await failureOf(() => fileOutput(descriptor).write('x'.repeat(length)))).toMatchObject({
      code: 'output_failed',
      message: expect.stringContaining('ENOSPC'),
      hint: 'the disk is full',
    });
    fileOutput(descriptor).writeNow('dropped');
    closeSync(descriptor);
  });

  it.each([10, 100_000])('ends quietly when the reader has gone away, with %i bytes', async (length) => {
    execFileSync('mkfifo', [at('pipe')]);
    const reader = openSync(at('pipe'), 'r+');
    const writer = openSync(at('pipe'), 'w');
    closeSync(reader);
    await expect(fileOutput(writer).write('x'.repeat(length))).rejects.toThrow(ClosedPipeError);
    fileOutput(writer).writeNow('dropped');
    closeSync(writer);
  });

  it('is a terminal, and as wide as that says, only when it is told so', () => {
    expect([fileOutput(1).isTerminal, fileOutput(1).columns]).toEqual([false, 80]);
    const terminal = fileOutput(1, () => 132);
    expect([terminal.isTerminal, terminal.columns]).toEqual([true, 132]);
  });

  it('writes a little whole into a pipe with less room, and lets timers run while it waits', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const writer = openSync(at('pipe'), constants.O_RDWR | constants.O_NONBLOCK);
    const before = writeSync(writer, Buffer.alloc(60 * 1024, 'a'));
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    const reader = spawn('sh', ['-c', 'sleep 0.2; exec cat "$0"', at('pipe')]);
    const reading = buffer(reader.stdout);
    await fileOutput(writer).write('b'.repeat(10_000));
    clearInterval(timer);
    closeSync(writer);
    expect(await reading).toHaveLength(before + 10_000);
    expect(ticks).toBeGreaterThan(10);
  });

  it.each<[string, string, string, string]>([
    ['EBADF', '/dev/null', 'r', 'standard output is closed'],
    ['EINVAL', '/proc/self/oom_score_adj', 'w', 'check the file that the output goes to'],
  ])('says what may help after %s', async (code, path, flags, hint) => {
    const descriptor = openSync(path, flags);
    const message = expect.stringContaining(code);
    expect(await failureOf(() => fileOutput(descriptor).write('x'))).toMatchObject({ message, hint });
    closeSync(descriptor);
  });
});
