/** Why the server cannot start, in words for whoever has set it up. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
