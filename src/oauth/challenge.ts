/** One challenge of a WWW-Authenticate field, RFC 9110 section 11.6.1. */
export interface Challenge {
  /** Lower case: schemes have no case, and servers spell them in any. */
  readonly scheme: string;
  /** By lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/;

/** Reads all challenges of a WWW-Authenticate field; what does not follow the grammar is passed over. */
export function parseChallenges(field: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let rest = field.trimStart();
  while (rest !== '') {
    const [name] = token.exec(rest) ?? [];
    if (name === undefined) {
      rest = rest.slice(1).trimStart();
      continue;
    }
    const after = rest.slice(name.length);
    const [assignment, quoted, bare] = /^\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=]+))/.exec(after) ?? [];
    if (assignment === undefined) {
      challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
      // After the scheme there may be one token68 in place of parameters.
      rest = after.replace(/^ +[A-Za-z0-9\-._~+/]+=*(?=\s*(,|$))/, '');
    } else {
      challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
      rest = after.slice(assignment.length);
    }
    rest = rest.replace(/^[\s,]+/, '');
  }
  return challenges;
}

/** The challenge of a bearer or DPoP token (RFC 6750 section 3, RFC 9449 section 7.1), or undefined. */
export function tokenChallenge(field: string | undefined): Challenge | undefined {
  const challenges = parseChallenges(field ?? '').filter(({ scheme }) => scheme === 'bearer' || scheme === 'dpop');
  return challenges.find(({ parameters }) => parameters.has('error')) ?? challenges[0];
}
