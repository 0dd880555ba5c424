import type { Text } from '../text.ts';

/** Shorter waits are not worth the flicker, nor the time that loading ora takes. */
const patience = 300;

/** Runs a task and, once it has taken 300 ms, shows on standard error what is being waited for. */
export async function waitVisibly<T>(label: Text, task: () => Promise<T>): Promise<T> {
  let isDone = false;
  let stop = (): void => {};
  const timer = setTimeout(async () => {
    const { default: ora } = await import('ora');
    if (isDone) return;
    // ora would otherwise swallow standard input, which a later prompt of the shell waits for.
    const spinner = ora({ text: label.value, discardStdin: false, color: false }).start();
    stop = () => spinner.stop();
  }, patience);
  try {
    return await task();
  } finally {
    isDone = true;
    clearTimeout(timer);
    stop();
  }
}
