import { getEventListeners, once } from 'node:events';
import { mkdirSync, rmSync, watch as watchFiles, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ChangeWatch } from '../../../src/cache/change-watch.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

vi.mock('node:fs', { spy: true });
const at = temporaryDirectory();
const never = new AbortController().signal;
/** More milliseconds than a test may last. */
const long = 600_000;

function watch(directory: string): ChangeWatch {
  const opened = new ChangeWatch(directory, (name) => name !== 'of-no-concern');
  onTestFinished(() => opened.close());
  return opened;
}

describe('ChangeWatch', () => {
  it('ends a wait when a file is made in the directory', async () => {
    const waiting = watch(at()).next(long, never);
    writeFileSync(at('file'), '');
    await waiting;
  });

  it('does not lose what happens between two waits', async () => {
    const watched = watch(at());
    await watched.next(0, never);
    writeFileSync(at('one'), '');
    const noticed = watch(at());
    const waiting = noticed.next(long, never);
    writeFileSync(at('two'), '');
    await waiting;
    // The other watch, on which nobody waited, has seen it by now too.
    await watched.next(long, never);
  });

  it('ends a wait when the time is over and nothing has happened', async () => {
    const start = performance.now();
    await watch(at()).next(30, never);
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  });

  it('counts time where there is nothing to watch', async () => {
    await watch(at('missing')).next(1, never);
  });

  it('goes on by time when the directory is removed', async () => {
    mkdirSync(at('d'));
    const watched = watch(at('d'));
    rmSync(at('d'), { recursive: true });
    await watched.next(1, never);
    await watched.next(1, never);
  });

  it('ends a wait with the reason of the signal', async () => {
    const controller = new AbortController();
    const waiting = watch(at()).next(long, controller.signal);
    controller.abort(new Error('the end'));
    await expect(waiting).rejects.toThrow('the end');
  });

  it('begins no wait after the signal', async () => {
    await expect(watch(at()).next(long, AbortSignal.abort(new Error('the end')))).rejects.toThrow('the end');
  });

  it('does not lose what happens while nobody waits', async () => {
    const watched = watch(at());
    const other = watchFiles(at(), { persistent: false });
    onTestFinished(() => other.close());
    const seen = once(other, 'change');
    writeFileSync(at('one'), '');
    await seen;
    await watched.next(long, never);
  }, 2_000);

  it('is not woken by what does not concern it', async () => {
    const watched = watch(at());
    const other = watchFiles(at(), { persistent: false });
    onTestFinished(() => other.close());
    const seen = once(other, 'change');
    writeFileSync(at('of-no-concern'), '');
    await seen;
    const start = performance.now();
    await watched.next(30, never);
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  });

  it('leaves nothing at the signal behind, and keeps no process alive', async () => {
    const { signal } = new AbortController();
    const watched = watch(at());
    const waiting = watched.next(long, signal);
    writeFileSync(at('file'), '');
    await waiting;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap')).toEqual([]);
  }, 2_000);

  it('leaves no timer behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const waiting = watch(at()).next(long, never);
    writeFileSync(at('file'), '');
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on by time when watching fails', async () => {
    const watched = watch(at());
    vi.mocked(watchFiles).mock.results.at(-1)?.value.emit('error', new Error('no more of them'));
    await watched.next(1, never);
  });
});
