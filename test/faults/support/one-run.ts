import { openFaultScene } from './fault-scene.ts';

/** Milliseconds that one process needs for a token from the server, on the machine as it is now. */
export async function timeOfOneRun(): Promise<number> {
  await using scene = await openFaultScene();
  const outcomes = [await scene.run(['token', '--fresh']), await scene.run(['token', '--fresh'])];
  return Math.max(...outcomes.map(({ elapsed }) => elapsed));
}
