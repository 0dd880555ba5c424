import { defineConfig } from 'rolldown';
import license from 'rollup-plugin-license';

/**
 * commander loads node's child_process module, a tenth of a start, for subcommands that are programs of
 * their own, which ccgrant does not have.
 */
const commanderWithoutPrograms = {
  name: 'commander-without-programs',
  resolveId: (source, importer) =>
    source === 'node:child_process' && /[\\/]node_modules[\\/]commander[\\/]/.test(importer) ? '\0nothing' : undefined,
  load: (id) => (id === '\0nothing' ? 'module.exports = {};' : undefined),
};

/**
 * What undici asks for and ccgrant never uses: HTTP/2, which no connection offers, and the forms of fetch, which
 * draw in the whole of it. Of node's assert and http modules, which take as long to load as all of undici, it
 * uses one function, one limit and one class.
 */
const undiciNeedsLittle = {
  'node:assert': `module.exports = (value, message = 'assertion failed') => {
    if (!value) throw message instanceof Error ? message : new Error(message);
  };`,
  'node:http': 'module.exports = { maxHeaderSize: 16_384, IncomingMessage: class {} };',
  './client-h2.js': 'module.exports = undefined;',
  '../web/fetch/body.js': 'throw new Error("fetch is left out");',
};

const replaced = new Set();

const undiciWithLittle = {
  name: 'undici-with-little',
  resolveId: {
    filter: { id: /^node:(assert|http)$|\/client-h2\.js$|\/web\/fetch\/body\.js$/ },
    handler: (id, importer) =>
      importer?.includes('/undici/') && id in undiciNeedsLittle ? `\0little:${id}.cjs` : undefined,
  },
  load: {
    filter: { id: /^\0little:/ },
    handler: (id) => {
      const name = id.slice('\0little:'.length, -'.cjs'.length);
      replaced.add(name);
      return undiciNeedsLittle[name];
    },
  },
  // Another version may ask for it by another name, and would bring all of it again.
  buildEnd(error) {
    const missed = Object.keys(undiciNeedsLittle).filter((name) => !replaced.has(name));
    if (error === undefined && missed.length > 0) this.error(`undici asks no more for ${missed.join(', ')}`);
  },
};

/** Puts rolldown's helpers, two kilobytes, into each file that uses them: loading one more file costs several times as much. */
const helpersInPlace = {
  name: 'helpers-in-place',
  generateBundle(_, bundle) {
    const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk');
    const helpers = chunks.find(({ name }) => name === 'rolldown-runtime');
    for (const chunk of chunks) {
      chunk.code = chunk.code.replace(
        `require("./${helpers.fileName}")`,
        () => `((exports) => {\n${helpers.code}return exports;\n})({})`,
      );
    }
    delete bundle[helpers.fileName];
  },
};

export default defineConfig({
  input: { main: 'src/main.ts' },
  platform: 'node',
  output: {
    dir: 'dist',
    format: 'cjs',
    cleanDir: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
    comments: { jsdoc: false },
    codeSplitting: {
      // Each file costs as much as many kilobytes more in one: what most commands need is one file, and so is
      // what only those need that ask a server or look into the cache.
      groups: [
        // What a cached token needs.
        {
          name: 'main',
          test: /src[\\/](main|version|expiry|cache[\\/](cache-trouble|checksum|read-private-file|sealed-record)|memo[\\/](file-state|memo|recall)|render[\\/]plain-token)\.ts$/,
          priority: 5,
        },
        {
          name: 'program',
          test: /src[\\/](program|unreadable|options[\\/](request-options|server-command-options|token-options)|settings[\\/](load-settings|token-operand|with-client)|jwt[\\/](confirmation|decode)|render[\\/]decoded-token)\.ts$/,
          priority: 4,
        },
        {
          name: 'commander',
          test: /node_modules[\\/]commander|src[\\/]((render[\\/])?help|options[\\/]to-commander)\.ts$/,
        },
        { name: 'sha256', test: /@noble[\\/]hashes|src[\\/]sha256\.ts$/, priority: 3 },
        // What those need who may ask a server, whether they do or not.
        {
          name: 'settings',
          test: /src[\\/]settings[\\/](client-settings|resolve-request|resolve-verification|verification-keys)\.ts$/,
          priority: 3,
        },
        { name: 'undici', test: /src[\\/]http[\\/]undici-client\.ts$/ },
        {
          name: 'toml',
          test: /node_modules[\\/]smol-toml|src[\\/](config[\\/]config-file|options[\\/]profile-keys)\.ts$/,
        },
        // What only those need who ask a server: not who waits for another process's token.
        {
          name: 'request',
          test: /src[\\/](client[\\/](authentication|introspect|revoke)|oauth[\\/](client-auth[\\/][^/]*|client-credentials|jwks|require-confirmation))\.ts$/,
        },
        // What reads keys and certificates.
        {
          name: 'private-key',
          test: /src[\\/](pem|private-key|config[\\/](own-)?certificate|jwt[\\/](public-jwk|signing-key))\.ts$/,
        },
        {
          name: 'read-tls-identity',
          test: /src[\\/](client[\\/]certificate-thumbprint|config[\\/]read-(certificate|tls-identity))\.ts$/,
        },
        {
          name: 'client',
          test: /src[\\/](client[\\/](access-token|oauth-client)|http[\\/]transport)\.ts$/,
          priority: 2,
        },
      ],
    },
  },
  plugins: [
    commanderWithoutPrograms,
    undiciWithLittle,
    helpersInPlace,
    license({ thirdParty: { output: 'dist/THIRD-PARTY-LICENSES.txt' } }),
  ],
});
