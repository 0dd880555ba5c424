import type { OutputStream } from '../io/io.ts';
import { replaceUnprintable } from '../text.ts';

/** Writes what a server sends. */
export interface ResponseWriter {
  write(content: string | readonly Uint8Array[]): Promise<void>;
  /** Nothing follows. */
  end(): Promise<void>;
}

/** To a file or a pipe byte for byte; to a terminal so that nothing in it can steer the terminal. */
export function writerOf(output: OutputStream): ResponseWriter {
  return output.isTerminal
    ? new TerminalWriter(output)
    : { write: (content) => output.write(content), end: async () => {} };
}

class TerminalWriter implements ResponseWriter {
  readonly #output: OutputStream;
  readonly #decoder = new TextDecoder();
  #held = '';
  #isMidLine = false;

  constructor(output: OutputStream) {
    this.#output = output;
  }

  async write(content: string | readonly Uint8Array[]): Promise<void> {
    const decoded =
      typeof content === 'string' ? content : this.#decoder.decode(Buffer.concat(content), { stream: true });
    const [, body = '', held = ''] = /^([\s\S]*?)(\r?)$/.exec(this.#held + decoded) ?? [];
    // What is half a line end may become a whole one.
    this.#held = held;
    const text = body.replaceAll('\r\n', '\n');
    if (text === '') return;
    this.#isMidLine = !text.endsWith('\n');
    await this.#output.write(replaceUnprintable(text, showControl));
  }

  /** The prompt of the shell begins a line of its own. */
  async end(): Promise<void> {
    if (this.#held !== '') await this.#output.write(showControl(this.#held));
    if (this.#isMidLine || this.#held !== '') await this.#output.write('\n');
  }
}

function showControl(character: string): string {
  return character === '\n' || character === '\t' ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
