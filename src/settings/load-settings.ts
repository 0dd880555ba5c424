import { loadProfile } from '../config/profile.ts';
import type { Context } from '../context.ts';
import type { OptionRow, TypedOptions } from '../options/option.ts';
import { Settings } from './settings.ts';

/** The settings of a command from options, profile and environment. */
export async function loadSettings(rows: readonly OptionRow[], typed: TypedOptions, ctx: Context): Promise<Settings> {
  const withoutProfile = new Settings(rows, typed, ctx.env, undefined);
  const named = withoutProfile.text('profile');
  const profile = await loadProfile(
    {
      configFile: withoutProfile.text('config')?.value,
      named: named?.origin.rank === 'option' ? named.value : undefined,
      fallback: named?.origin.rank === 'environment' ? named.value : undefined,
    },
    async () => (await import('../options/profile-keys.ts')).profileKeys,
    ctx,
  );
  return new Settings(rows, typed, ctx.env, profile);
}
