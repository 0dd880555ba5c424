/** What a program needs of its surroundings to run at all, on POSIX and on Windows. */
const needed = ['PATH', 'LANG', 'TERM', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'PATHEXT'];

/**
 * The environment of every process that the demo starts: nothing that the user has set for
 * ccgrant, for Node (NODE_OPTIONS, NODE_EXTRA_CA_CERTS) or for a proxy may change what is shown.
 *
 * @param {Record<string, string>} [added]
 * @returns {Record<string, string>}
 */
export function cleanEnvironment(added = {}) {
  /** @type {Record<string, string>} */
  const environment = {};
  for (const name of needed) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...added };
}
