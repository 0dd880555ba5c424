/**
 * One command of the story: what is typed, why, and what must come of it.
 *
 * @typedef {{ line: string, comment?: string, exitCode?: number, shownLines?: number,
 *   tokenRequests?: number }} Step
 */

/**
 * @param {{ issuer: string, apiUrl: string, audience: string }} facts
 * @returns {Step[]}
 */
export function steps({ issuer, apiUrl, audience }) {
  const asResourceServer = '--client-id rs --client-secret-file rs.txt';
  return [
    { line: `export CCGRANT_ISSUER=${issuer}` },
    { line: 'export CCGRANT_CLIENT_ID=demo' },
    { line: 'export CCGRANT_CLIENT_SECRET_FILE=demo.txt' },
    { line: `export API=${apiUrl}` },
    { line: 'ccgrant discover', shownLines: 8 },
    {
      comment: 'an access token: asked for once, then taken from the cache',
      line: 'TOKEN=$(ccgrant token --scope api:read)',
    },
    { line: 'TOKEN=$(ccgrant token --scope api:read)', tokenRequests: 1 },
    {
      comment: 'what it says, and whether that is to be believed',
      line: 'ccgrant decode --cached --scope api:read',
    },
    { line: `ccgrant verify "$TOKEN" --scope api:read --audience ${audience}` },
    {
      comment: 'a request to the protected API, the token attached',
      line: 'ccgrant call $API/private-scoped --scope api:read',
    },
    {
      comment: 'the resource server asks whether the token is active, before and after revocation',
      line: `echo "$TOKEN" | ccgrant introspect ${asResourceServer}`,
    },
    { line: 'ccgrant revoke "$TOKEN"' },
    { line: `ccgrant introspect "$TOKEN" ${asResourceServer}; echo $?`, exitCode: 5 },
    { comment: 'the revoked token has left the cache', line: 'ccgrant cache list' },
  ];
}
