import { once } from 'node:events';
import { parseArgs } from 'node:util';

/** @import { Server } from 'node:http' */
/** @import { ParseArgsConfig } from 'node:util' */

/**
 * Reads the options of a demo program; a mistake in them ends it with exit code 2.
 *
 * @template {NonNullable<ParseArgsConfig['options']>} T
 * @param {T} options
 */
export function readOptions(options) {
  try {
    return parseArgs({ options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    return endWith(2, error);
  }
}

/**
 * Listens on a loopback port (0: a free one) and returns it. `localhost` and not an address: the
 * server then takes the address that its clients try first.
 *
 * @param {Server} server
 * @param {string | undefined} port
 * @returns {Promise<number>}
 */
export async function listen(server, port = '0') {
  server.listen(Number(port), 'localhost');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

/**
 * Tells whoever started the program that it is ready, in one line of JSON.
 *
 * @param {Record<string, string>} facts
 */
export function announce(facts) {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}

/**
 * Ends the program on SIGTERM and SIGINT, and with the process that forked it: without the last
 * one, a test runner that is killed would leave its servers behind.
 *
 * @param {Server} server
 */
export function closeWhenAsked(server) {
  const close = () => {
    server.close();
    server.closeAllConnections();
    if (process.connected) process.disconnect();
  };
  process.once('SIGTERM', close).once('SIGINT', close).once('disconnect', close);
}

/**
 * @param {number} exitCode
 * @param {unknown} reason
 * @returns {never}
 */
export function endWith(exitCode, reason) {
  process.stderr.write(`${explain(reason)}\n`);
  process.exit(exitCode);
}

/**
 * An error and what has caused it, in one line.
 *
 * @param {unknown} error
 */
export function explain(error) {
  if (!(error instanceof Error)) return String(error);
  const messages = [];
  /** @type {unknown} */
  let cause = error;
  for (; cause instanceof Error; cause = cause.cause) messages.push(cause.message);
  return messages.filter(Boolean).join(': ');
}
