import type { Clock } from '../lib/clock.ts';
import type { CredentialFailure } from './request.ts';

/** What authenticates requests for a limited time. */
export interface Grant {
  /** The value of the header `Authorization`. */
  authorization: string;
  /** When it has to be renewed, by the clock of the step. */
  renewAt: number;
}

/** A grant that is renewed when that is needed. */
export interface Credential {
  /** The grant for a request that is sent now, or why there is none. */
  grant(): Promise<Grant | CredentialFailure>;
  /** Has to be called if the server rejects a grant: the next request gets another one. */
  reject(rejected: Grant): void;
}

/**
 * Creates a credential that obtains a grant when one is first needed, when it has to be renewed, and after
 * a rejection. All requests share it. A failure is final, because `obtain` has retried what can be.
 */
export function renewableCredential(
  clock: Pick<Clock, 'now'>,
  obtain: () => Promise<Grant | CredentialFailure>,
): Credential {
  let latest: { result: Promise<Grant | CredentialFailure>; grant?: Grant } | undefined;
  const renew = () => {
    const renewed: NonNullable<typeof latest> = {
      result: obtain().then((result) => {
        if (isGrant(result)) renewed.grant = result;
        return result;
      }),
    };
    latest = renewed;
    return renewed;
  };
  return {
    grant() {
      const isDue = latest?.grant !== undefined && latest.grant.renewAt <= clock.now();
      return (latest === undefined || isDue ? renew() : latest).result;
    },
    reject(rejected) {
      // Another request may have had it renewed already.
      if (latest?.grant === rejected) renew();
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
