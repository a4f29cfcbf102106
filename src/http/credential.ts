import type { Clock } from '../lib/clock.ts';
import type { CredentialFailure } from './request.ts';

/** What authenticates requests for a limited time. */
export interface Grant {
  /** The value of the header `Authorization`. */
  authorization: string;
  /** When it has to be renewed, by the clock of the step. */
  renewAt: number;
  /** When it is no longer valid, by that clock. */
  expiresAt: number;
}

/** A grant that is renewed when that is needed. */
export interface Credential {
  /** The grant for a request that is sent now, or why there is none. */
  grant(): Promise<Grant | CredentialFailure>;
  /**
   * Has to be called if the server rejects a grant: the next request gets another one. Returns whether that
   * can help: no longer after a request `isRepeated` with a new grant and rejected again.
   */
  reject(rejected: Grant, request: { isRepeated: boolean }): boolean;
}

/**
 * Creates a credential that obtains a grant when one is first needed, when it has to be renewed, and after
 * a rejection. All requests share it. During a renewal, and if that fails, the old grant is used until it
 * expires. A failure is final, because `obtain` has retried what can be.
 */
export function renewableCredential(
  clock: Pick<Clock, 'now'>,
  obtain: (exchange: { isRenewal: boolean }) => Promise<Grant | CredentialFailure>,
): Credential {
  let latest: { result: Promise<Grant | CredentialFailure>; grant?: Grant } | undefined;
  /** The last one that was obtained, unless it was rejected. */
  let valid: Grant | undefined;
  let isHopeless = false;
  const renew = () => {
    const renewed: NonNullable<typeof latest> = {
      // Only what was obtained is renewed.
      result: obtain({ isRenewal: latest !== undefined }).then((result) => {
        if (isGrant(result)) valid = renewed.grant = result;
        return result;
      }),
    };
    latest = renewed;
    return renewed;
  };
  return {
    async grant() {
      const isDue = latest?.grant !== undefined && latest.grant.renewAt <= clock.now();
      const { result } = latest === undefined || isDue ? renew() : latest;
      return valid && clock.now() < valid.expiresAt ? valid : result;
    },
    reject(rejected, { isRepeated }) {
      if (valid === rejected) valid = undefined;
      isHopeless ||= isRepeated;
      if (isHopeless) return false;
      // Another request may have had it renewed already.
      if (latest?.grant === rejected) renew();
      return true;
    },
  };
}

export function isGrant(result: Grant | CredentialFailure): result is Grant {
  return 'authorization' in result;
}

/** Longer than an attempt at a request may take. */
const RENEW_BEFORE_MS = 40_000;

/**
 * Computes when to renew what was received at `receivedAt` and is valid for `lifetimeMs`: early enough for
 * a request that is sent just before that, but not before half of the lifetime is over.
 */
export function renewalTime(receivedAt: number, lifetimeMs: number): number {
  return receivedAt + Math.max(lifetimeMs / 2, lifetimeMs - RENEW_BEFORE_MS);
}
