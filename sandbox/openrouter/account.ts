import type { Budget } from './resources/budgets.ts';
import type { Guardrail } from './resources/guardrails.ts';
import type { EdgeState, Key, KeyListState } from './resources/keys.ts';
import type { OrganizationMember, WorkspaceMember } from './resources/members.ts';
import type { AnalyticsState, CounterDelay, Spend } from './resources/usage.ts';
import type { Workspace } from './resources/workspaces.ts';

/** The state of an account at OpenRouter, and the rules that differ from one sandbox to another. */
export interface Account {
  workspaces: Workspace[];
  /** How long lookups do not find a new workspace, in milliseconds. */
  lookups: { lag: number };
  /** The newest first. */
  keys: Key[];
  keyLists: KeyListState;
  /** Limits hold at once, however late the counters are. A test may change it. */
  readonly counterDelay: CounterDelay;
  /**
   * How far behind the counters are that the responses show, in turn, in milliseconds: those of a replica that is behind
   * go down. Empty if none is.
   */
  replicaLags: number[];
  readonly edge: EdgeState;
  budgets: Budget[];
  /** Default guardrails of workspaces, each from its first update on. */
  guardrails: Guardrail[];
  /** The members of the organization, the owner first. */
  members: OrganizationMember[];
  /** Memberships of all workspaces but the default one, where everyone is a member. */
  memberships: WorkspaceMember[];
  /** All that was ever billed, also to keys and in workspaces that no longer exist. */
  spends: Spend[];
  analytics: AnalyticsState;
  /** The id of the user that the management key acts for. */
  owner: string;
  /** The status of a request for a taken slug, which OpenRouter does not document. */
  takenSlugStatus: 400 | 409 | 500;
  /** The server's time of day. */
  now(): Date;
  /** As many bytes as requested, which ids and secrets are made of. */
  random(size: number): Buffer;
}
