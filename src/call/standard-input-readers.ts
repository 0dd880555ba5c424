import type { Invocation } from '../commands/command.ts';

/** The options that read standard input, as they were typed. */
export function inputReaders({ sequence }: Invocation): string[] {
  return sequence.flatMap(([name, value]) => {
    const reads = readersOfInput[name]?.test(value) === true;
    return reads ? [`--${name} @-`] : [];
  });
}

const readersOfInput: Readonly<Record<string, RegExp>> = {
  header: /^@-$/,
  data: /^@-$/,
  'data-binary': /^@-$/,
  json: /^@-$/,
  'data-urlencode': /^[^=@]*@-$/,
  form: /^[^=]+=[@<]-(;|$)/,
};
