/** The cache cannot be used. Never a failure of the command: it says so once and goes on without. */
export class CacheTrouble extends Error {}
