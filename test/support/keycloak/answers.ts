import { expect, test } from 'vitest';
import { type CcgrantResult, createWorkspace } from '../run-ccgrant.ts';
import type { RealmClient } from './realm.ts';
import type { Scene } from './scene.ts';

/** What one command line has to do with one answer of Keycloak or Flask. */
export interface Row {
  /** Completes the sentence that the command begins. */
  readonly behaviour: string;
  /** Who asks; the client of the story by default. */
  readonly as?: (scene: Scene) => RealmClient;
  readonly args: (scene: Scene) => readonly string[];
  /** The issuer asked; `myorg` by default, empty for none. */
  readonly issuer?: (scene: Scene) => string;
  /** Written to `token.txt`, for options that name a file. */
  readonly tokenFile?: (scene: Scene) => string;
  readonly exitCode: number;
  /** The stable word in brackets. */
  readonly word?: string;
  /** What standard error says beside it. */
  readonly says?: RegExp;
  /** What the answer on standard output has to fulfil. */
  readonly answers?: (stdout: string, scene: Scene) => void;
}

/**
 * Makes each row a test with a workspace of its own, so that none finds what another has cached.
 * @param scene asked for when the tests run, since it is set after they are made
 */
export function checkIn(scene: () => Scene): (rows: readonly Row[]) => void {
  return (rows) =>
    test.each(rows.map((row) => [row.behaviour, row] as const))('%s', async (_, row) => {
      const result = await ccgrant(scene(), {
        as: row.as?.(scene()),
        issuer: row.issuer?.(scene()),
        args: row.args(scene()),
        tokenFile: row.tokenFile?.(scene()),
      });

      expect(result.exitCode, result.stderr).toBe(row.exitCode);
      if (row.word !== undefined) expect(result.stderr).toMatch(new RegExp(`^error\\[${row.word}\\]: `, 'm'));
      if (row.says !== undefined) expect(result.stderr).toMatch(row.says);
      row.answers?.(result.stdout, scene());
    });
}

/** The environment of a client, the one of the story unless another is named. */
export function environmentOf(
  { clients, issuer: myorg }: Scene,
  { clientId, secret } = clients.client,
  issuer = myorg,
): Readonly<Record<string, string>> {
  return { CCGRANT_ISSUER: issuer, CCGRANT_CLIENT_ID: clientId, CCGRANT_CLIENT_SECRET: secret };
}

/** Runs ccgrant once, as the client of the story unless another is named. */
export async function ccgrant(
  scene: Scene,
  command: Readonly<{
    args: readonly string[];
    as?: RealmClient | undefined;
    issuer?: string | undefined;
    tokenFile?: string | undefined;
  }>,
): Promise<CcgrantResult> {
  const workspace = await createWorkspace(environmentOf(scene, command.as, command.issuer));
  try {
    if (command.tokenFile !== undefined) await workspace.writeFile('token.txt', command.tokenFile);
    return await workspace.run(command.args);
  } finally {
    await workspace.remove();
  }
}

/** Expects something of an answer that is JSON. */
// biome-ignore lint/suspicious/noExplicitAny: what a test expects of a JSON value says what it is
export function json(expectations: (response: any, scene: Scene) => void): NonNullable<Row['answers']> {
  return (stdout, scene) => expectations(JSON.parse(stdout), scene);
}
