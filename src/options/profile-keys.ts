import type { ProfileKeys } from '../config/profile.ts';
import { assertionCommandKey } from './assertion-options.ts';
import { minimumLifetimeOption } from './cache-options.ts';
import { secretCommandKey } from './credential-options.ts';
import { profileKey } from './option.ts';
import { requestOptions } from './request-options.ts';
import { serverCommandOptions } from './server-command-options.ts';

const rows = [...serverCommandOptions, ...requestOptions, minimumLifetimeOption].filter((row) => row.inProfile);

const commandKeys = [secretCommandKey, assertionCommandKey];

/** What a profile may hold. */
export const profileKeys: ProfileKeys = {
  all: new Set([...rows.map(profileKey), ...commandKeys]),
  paths: new Set([...rows.filter((row) => row.isPath).map(profileKey), ...commandKeys]),
};
