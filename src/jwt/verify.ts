import type { JWK } from 'jose';
import { UsageError } from '../errors.ts';
import type { JsonObject } from '../json-object.ts';
import { algorithmsOf } from './algorithms.ts';
import type { ClaimRequirements } from './claims.ts';
import { checkClaims, claimChecks } from './claims.ts';
import type { CompactParts } from './decode.ts';
import { parseHeader, parseJson, splitCompact } from './decode.ts';
import type { JsonWebKeySet } from './keys.ts';
import type { ImportedKey } from './verification-key.ts';
import { prepareKey } from './verification-key.ts';

/** One thing that was looked at. `ok` is null when it was not checked, and the reason says why. */
export interface Check {
  readonly check: string;
  readonly ok: boolean | null;
  readonly reason?: string | undefined;
}

export interface Verification {
  readonly valid: boolean;
  readonly checks: readonly Check[];
  /** Undefined when the token is no JWS. */
  readonly header: JsonObject | undefined;
  /** Undefined unless the signature holds. */
  readonly payload: JsonObject | undefined;
}

export interface VerifyRequirements extends ClaimRequirements {
  /** Algorithms allowed, undefined for all that fit the keys. */
  readonly algorithms: readonly string[] | undefined;
  /** Only the signature counts; the payload may be anything. */
  readonly signatureOnly: boolean;
}

/** Gives the keys; asked a second time, for keys newer than the first ones, when no key has the token's `kid`. */
export type KeySource = (newer: boolean) => Promise<JsonWebKeySet>;

/**
 * What `verifyJwt` says of a token, and of one that is no JWT that it is not valid.
 * @param now epoch seconds
 * @throws whatever the key source throws
 */
export async function verifyToken(
  token: string,
  keys: KeySource,
  requirements: VerifyRequirements,
  now: number,
): Promise<Verification> {
  try {
    return await verifyJwt(token, keys, requirements, now);
  } catch (error) {
    if (!(error instanceof UsageError) || error.code !== 'not_a_jwt') throw error;
    return failedFormat(error.message);
  }
}

/**
 * Verifies a JWS: algorithm and signature by one of the keys (RFC 7515 section 5.2, RFC 8725 section 3),
 * then every claim (RFC 7519 section 7.2). All failures are listed, not just the first.
 * @param now epoch seconds
 * @throws UsageError not_a_jwt; whatever the key source throws
 */
export async function verifyJwt(
  token: string,
  keys: KeySource,
  requirements: VerifyRequirements,
  now: number,
): Promise<Verification> {
  const parts = splitCompact(token);
  if (parts.kind === 'JWE') return failedFormat('the token is encrypted (JWE): only its recipient can verify it');
  const header = parseHeader(parts);
  const checks: Check[] = [...headerChecks(header)];
  if (checks.every(({ ok }) => ok))
    checks.push(...(await checkSignature(token, header, keys, requirements.algorithms)));
  const hasSignature = checks.every(({ ok }) => ok);
  if (requirements.signatureOnly)
    return { valid: hasSignature, checks, header, payload: hasSignature ? payloadOf(parts) : undefined };
  if (!hasSignature) {
    const reason = 'the signature does not hold, so nothing in the token counts';
    checks.push(...claimChecks.map((check) => ({ check, ok: null, reason })));
    return { valid: false, checks, header, payload: undefined };
  }
  const payload = payloadOf(parts);
  if (payload === undefined) checks.push({ check: 'format', ok: false, reason: 'the payload is not a claims set' });
  else checks.push(...checkClaims(header, payload, requirements, now));
  return { valid: checks.every(({ ok }) => ok !== false), checks, header, payload };
}

function failedFormat(reason: string): Verification {
  return { valid: false, checks: [{ check: 'format', ok: false, reason }], header: undefined, payload: undefined };
}

function payloadOf(parts: CompactParts): JsonObject | undefined {
  try {
    return parseJson(parts.payload, 'payload');
  } catch {
    return undefined;
  }
}

/** RFC 7515 section 4.1.11 and RFC 7797: an extension that must be understood, and is not, makes a JWS invalid. */
function headerChecks({ crit, b64 }: JsonObject): Check[] {
  if (crit === undefined && b64 === undefined) return [];
  return [{ check: 'crit', ok: false, reason: 'the header demands an extension that ccgrant does not know' }];
}

async function checkSignature(
  token: string,
  header: JsonObject,
  keySource: KeySource,
  allowed: readonly string[] | undefined,
): Promise<Check[]> {
  const { alg, kid } = header;
  if (typeof alg !== 'string' || alg.toLowerCase() === 'none') return [failedAlg('the token is not signed')];
  if (allowed !== undefined && !allowed.includes(alg)) return [failedAlg(`${alg} is not allowed`)];
  const first = await checkByKeys(token, alg, kid, await keySource(false));
  if (first.isProven || !first.isKidUnknown) return first.checks;
  return (await checkByKeys(token, alg, kid, await keySource(true))).checks;
}

interface KeyOutcome {
  readonly isProven: boolean;
  /** Whether the token names a key that is not in the set, which may be newer than the set. */
  readonly isKidUnknown: boolean;
  readonly checks: Check[];
}

async function checkByKeys(token: string, alg: string, kid: unknown, keySet: JsonWebKeySet): Promise<KeyOutcome> {
  const { fitting, isKidUnknown } = chooseKeys(keySet, alg, kid);
  if (fitting.length === 0) return { isProven: false, isKidUnknown, checks: [explainNoKey(keySet.keys, alg, kid)] };
  let reason = 'the signature is not by any key of the issuer that fits';
  for (const key of fitting) {
    const ready = prepareKey(key, alg);
    if ('weakness' in ready) reason = ready.weakness;
    else if (await hasSignatureOf(token, ready.imported, alg)) {
      return { isProven: true, isKidUnknown, checks: [algorithmPassed, signaturePassed] };
    }
  }
  return { isProven: false, isKidUnknown, checks: [algorithmPassed, { check: 'signature', ok: false, reason }] };
}

const algorithmPassed: Check = { check: 'alg', ok: true };
const signaturePassed: Check = { check: 'signature', ok: true };

interface KeyChoice {
  readonly keySet: JsonWebKeySet;
  readonly alg: string;
  readonly kid: unknown;
  readonly fitting: readonly JWK[];
  readonly isKidUnknown: boolean;
}

let latest: KeyChoice | undefined;

/** The keys that fit a token: more often than not those that fitted the one before. */
function chooseKeys(keySet: JsonWebKeySet, alg: string, kid: unknown): KeyChoice {
  if (latest?.keySet !== keySet || latest.alg !== alg || latest.kid !== kid) {
    latest = {
      keySet,
      alg,
      kid,
      fitting: keySet.keys.filter((key) => fits(key, alg, kid)),
      isKidUnknown: kid !== undefined && !keySet.keys.some((key) => key.kid === kid),
    };
  }
  return latest;
}

function failedAlg(reason: string): Check {
  return { check: 'alg', ok: false, reason };
}

/** A key for signatures, of the right type for the algorithm, and with the token's key ID where both have one. */
function fits(key: JWK, alg: string, kid: unknown): boolean {
  if (kid !== undefined && key.kid !== undefined && key.kid !== kid) return false;
  if (key.use !== undefined && key.use !== 'sig') return false;
  if (Array.isArray(key.key_ops) && !key.key_ops.includes('verify')) return false;
  return algorithmsOf(key).includes(alg);
}

function explainNoKey(keys: readonly JWK[], alg: string, kid: unknown): Check {
  const known = keys.filter((key) => kid === undefined || key.kid === undefined || key.kid === kid);
  if (known.length === 0)
    return {
      check: 'signature',
      ok: false,
      reason: `none of the ${keys.length} keys has the kid ${JSON.stringify(kid)}`,
    };
  return failedAlg(
    `${alg} does not fit the key (${known.map(({ kty, crv, use }) => crv ?? (use === 'enc' ? `${kty} for encryption` : kty)).join(', ')})`,
  );
}

type SignatureVerifier = Pick<typeof import('jose'), 'compactVerify' | 'errors'>;
let verifier: Promise<SignatureVerifier> | undefined;

/** Taken out of jose by name, so that the rest of it is not bundled. */
async function loadVerifier(): Promise<SignatureVerifier> {
  const { compactVerify, errors } = await import('jose');
  return { compactVerify, errors };
}

async function hasSignatureOf(token: string, key: ImportedKey, alg: string): Promise<boolean> {
  verifier ??= loadVerifier();
  const { compactVerify, errors } = await verifier;
  try {
    await compactVerify(token, await key, { algorithms: [alg] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}
