import { describe, expect, it } from 'vitest';
import { text } from '../../../src/text.ts';
import { createContext } from '../support/test-context.ts';

describe('the io of a run', () => {
  it('puts the answer on standard output and everything else on standard error, a line each', async () => {
    const { ctx, stdout, stderr } = await createContext({ verbose: true });
    await ctx.io.print('answer');
    await ctx.io.show(text`shown`);
    ctx.io.note(text`note`);
    ctx.io.report(text`report`);
    ctx.io.trace(text`trace`);
    expect(stdout()).toBe('answer\nshown\n');
    expect(stderr()).toBe('note\nreport\ntrace\n');
  });

  it('traces only when that was asked for', async () => {
    const { ctx, stderr } = await createContext();
    ctx.io.trace(text`trace`);
    expect(stderr()).toBe('');
  });

  it.each(['note', 'report', 'trace'] as const)(
    'conceals secrets in every %s, and never in the answer',
    async (kind) => {
      const { ctx, stdout, stderr } = await createContext({ verbose: true });
      ctx.io.conceal('S3cr3t-value', '[secret]');
      ctx.io[kind](text`a ${'S3cr3t-value'} b`);
      await ctx.io.print('S3cr3t-value');
      expect(stderr()).toBe('a [secret] b\n');
      expect(stdout()).toBe('S3cr3t-value\n');
    },
  );

  it('conceals a secret with characters that were escaped on their way', async () => {
    const secret = 'tab\there\u0007bell';
    const { ctx, stderr } = await createContext();
    ctx.io.conceal(secret, '[secret]');
    ctx.io.note(text`the server says ${secret}`);
    ctx.io.note(text`the server says ${JSON.stringify(secret)}`);
    expect(stderr()).toBe('the server says [secret]\nthe server says "[secret]"\n');
  });
});
