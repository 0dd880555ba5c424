/** What somebody else has written into a JWT, as much of it as a message may show. */
export function excerpt(claim: string): string {
  return claim.slice(0, 200);
}
