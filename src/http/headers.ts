/** Header fields in order, names compared without regard to case. */
export class HttpHeaders {
  readonly #fields: (readonly [string, string])[];

  constructor(fields: Iterable<readonly [string, string]> = []) {
    this.#fields = [...fields];
  }

  /** The value of a field, repeated ones joined by a comma (RFC 9110 section 5.3). */
  get(name: string): string | undefined {
    const values = this.#fields.filter(([other]) => sameName(other, name)).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(', ');
  }

  has(name: string): boolean {
    return this.#fields.some(([other]) => sameName(other, name));
  }

  /** A copy in which `name` has this one value, in its old place if it had one. */
  with(name: string, value: string): HttpHeaders {
    const at = this.#fields.findIndex(([other]) => sameName(other, name));
    const others = [...this.without(name)];
    return new HttpHeaders(others.toSpliced(at === -1 ? others.length : at, 0, [name, value]));
  }

  without(name: string): HttpHeaders {
    return new HttpHeaders(this.#fields.filter(([other]) => !sameName(other, name)));
  }

  [Symbol.iterator](): IterableIterator<readonly [string, string]> {
    return this.#fields[Symbol.iterator]();
  }
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
