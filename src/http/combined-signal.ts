import { setMaxListeners } from 'node:events';

/**
 * A signal that aborts with the first of these. AbortSignal.any and AbortSignal.timeout do this too, but
 * on Node 20 the garbage collector may take them away while a request still depends on them.
 */
export function combinedSignal(...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  // A run sends as many requests as it has redirects and retries, and all of them hear its signal.
  setMaxListeners(0, ...signals);
  for (const signal of signals) {
    const abort = (): void => controller.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }
  return controller.signal;
}

/** A signal that aborts with a TimeoutError after so many milliseconds; its timer keeps no process alive. */
export function timeoutSignal(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException('', 'TimeoutError')), milliseconds).unref();
  return controller.signal;
}
