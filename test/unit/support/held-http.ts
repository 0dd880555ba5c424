import { vi } from 'vitest';
import type { HttpClient, HttpResponse } from '../../../src/http/types.ts';
import type { Answer } from './scripted-http.ts';
import { responseOf } from './scripted-http.ts';

/** An HTTP client whose requests wait until the test answers them. */
export class HeldHttp {
  /** How many requests there were. */
  sent = 0;
  /** Those that wait for an answer. */
  readonly waiting: ((answer: Answer) => void)[] = [];
  readonly client: HttpClient = {
    send: (_, signal) =>
      new Promise<HttpResponse>((resolve, reject) => {
        this.sent += 1;
        const settle = (answer: Answer): void => resolve(responseOf(answer));
        this.waiting.push(settle);
        signal.addEventListener('abort', () => {
          const index = this.waiting.indexOf(settle);
          if (index !== -1) this.waiting.splice(index, 1);
          reject(signal.reason);
        });
      }),
    close: () => {},
  };

  /** When there have been so many requests, answered or not. */
  async arrived(number: number): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.sent !== number) throw new Error(`${this.sent} requests`);
      },
      { interval: 2, timeout: 5_000 },
    );
  }

  /** Answers those that have waited longest. */
  answer(...answers: Answer[]): void {
    for (const answer of answers) this.#settle(this.waiting.shift(), answer);
  }

  answerLast(answer: Answer): void {
    this.#settle(this.waiting.pop(), answer);
  }

  #settle(settle: ((answer: Answer) => void) | undefined, answer: Answer): void {
    if (settle === undefined) throw new Error('nobody has asked');
    settle(answer);
  }
}
