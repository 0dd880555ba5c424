import type { DpopSettings } from '../client/dpop-settings.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { resolvePassword, toFile } from './secret-sources.ts';
import type { Settings } from './settings.ts';

/**
 * How tokens are to be bound to a key; undefined when nobody asked for that. Each of the options does.
 * @throws UsageError usage; ConfigError secret_unusable
 */
export function resolveDpop(settings: Settings, ctx: Context): DpopSettings | undefined {
  const file = settings.text('dpop-key');
  const isOptional = settings.flag('dpop-optional');
  if (file === undefined) return isOptional || settings.flag('dpop') ? { keyFile: undefined, isOptional } : undefined;
  const { value: source, origin } = toFile(file, ctx);
  if (source.kind !== 'file') {
    throw new UsageError('usage', `${origin.name} takes a file, and not standard input`, {
      hint: 'the same key is needed again with each use of the token',
    });
  }
  return { keyFile: { path: source.path, origin: origin.name, password: resolvePassword(settings, ctx) }, isOptional };
}
