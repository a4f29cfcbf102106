import type { KeyObject } from 'node:crypto';

/** What an admin has made in the dashboard: whose id tokens it accepts, and what it acts as. */
export interface FederationPolicy {
  id: string;
  issuer: string;
  subject: string;
  audience: string;
  scope: 'inference' | 'management';
}

/** An issuer of id tokens, and the key that verifies them. */
export interface Issuer {
  issuer: string;
  publicKey: KeyObject;
}

/** A token that replaces a key. */
export interface AccessToken {
  access_token: string;
  scope: FederationPolicy['scope'];
  /** In milliseconds since 1970. */
  expiresAt: number;
}
