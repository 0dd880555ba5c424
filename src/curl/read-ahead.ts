/**
 * Reads on while the pieces that came before are being used, so that neither waits for the other: yields all
 * pieces that have come meanwhile.
 * @param limit bytes that are read ahead before the source has to wait
 * @throws what the source throws, after all that came before it
 */
export async function* readAhead(
  source: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<readonly Uint8Array[]> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let isAtEnd = false;
  let isLeft = false;
  // Only one side can wait: the reader for room, or the other one for pieces.
  let wake = (): void => {};
  const change = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });

  const read = async (): Promise<void> => {
    try {
      for await (const piece of source) {
        pieces.push(piece);
        size += piece.length;
        wake();
        while (size >= limit && !isLeft) await change();
        if (isLeft) return;
      }
    } finally {
      isAtEnd = true;
      wake();
    }
  };

  const reading = read();
  reading.catch(() => {});
  try {
    for (;;) {
      while (pieces.length === 0 && !isAtEnd) await change();
      if (pieces.length === 0) break;
      const come = pieces;
      pieces = [];
      size = 0;
      wake();
      yield come;
    }
    await reading;
  } finally {
    isLeft = true;
    wake();
  }
}
