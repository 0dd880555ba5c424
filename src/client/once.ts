/** The same action, done for the first who asks: all others get its result. */
export function once<A extends unknown[], T>(action: (...args: A) => T): (...args: A) => T {
  let result: { readonly value: T } | undefined;
  return (...args) => {
    result ??= { value: action(...args) };
    return result.value;
  };
}
