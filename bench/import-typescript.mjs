import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/**
 * Imports a module of src/ or test/support/ with all that it imports: Node 20 reads no TypeScript by itself. For
 * modules that need nothing but Node and what can be bundled.
 *
 * @param {string} path from this folder
 * @returns {Promise<any>}
 */
export async function importTypeScript(path) {
  const bundle = await rolldown({ input: fileURLToPath(new URL(path, import.meta.url)), platform: 'node' });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  return import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
}
